internal import Datasets
internal import Kernels
internal import Training

extension RankIdentity {
  /// The build that this process runs, and what oneDNN takes from its processor.
  ///
  /// A build is the SHA-256 of the running program's file and the version of oneDNN, the only library
  /// beside it that computes with parameters. A linker's build id would be read faster, but the linker
  /// of the Swift toolchain writes none, and a version would not tell two builds of it apart. Hashing
  /// takes some hundredths of a second, once.
  ///
  /// Of the processor, only the instruction set that oneDNN has chosen changes bits: all other code
  /// is compiled for one (`MOE_MLORA_MARCH`), which belongs to the build.
  static func ofThisProcess() throws -> RankIdentity {
    let program = try fileSHA256("/proc/self/exe")
    return RankIdentity(
      build: ["program SHA-256 \(program)", "oneDNN \(matrixLibraryVersion)"],
      processor: ["instruction set \(matrixInstructionSet) of oneDNN"])
  }
}
