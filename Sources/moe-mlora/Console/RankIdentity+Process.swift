internal import Files
internal import Kernels
internal import Training

extension RankIdentity {
  /// The build that this process runs, and what oneDNN takes from its processor.
  ///
  /// A build is the SHA-256 of the running program's file and the versions of the libraries beside it
  /// that compute with parameters: oneDNN, and the C library, whose logarithms and cosines each rank
  /// draws its initial values with. A linker's build id would be read faster, but the linker of the Swift
  /// toolchain writes none, and a version would not tell two builds of it apart. Hashing takes some
  /// hundredths of a second, once.
  ///
  /// Of the processor, only the instruction set that oneDNN has chosen changes bits: all other code
  /// is compiled for one (`MOE_MLORA_MARCH`), which belongs to the build.
  static func ofThisProcess() throws(UnreadableProgram) -> RankIdentity {
    RankIdentity(
      build: [
        "program SHA-256 \(try programSHA256())", "oneDNN \(matrixLibraryVersion)",
        "C library \(Processor.libraryVersion)",
      ],
      processor: ["instruction set \(matrixInstructionSet) of oneDNN"])
  }

  /// The SHA-256 of the running program's file, in hexadecimal.
  private static func programSHA256() throws(UnreadableProgram) -> String {
    do {
      return hexadecimal(try MappedFile(path: "/proc/self/exe").sha256)
    } catch {
      throw UnreadableProgram(cause: error)
    }
  }
}

/// The file of the running program cannot be read, so that ranks cannot compare their builds.
struct UnreadableProgram: Error, CustomStringConvertible {
  /// What the system refused.
  let cause: SystemCallError

  /// What was read and why, and the system's reason.
  var description: String {
    "cannot read this program's own file, by which ranks compare their builds: \(cause)"
  }
}
