import Foundation

/// What one start of the program left.
struct Execution {
  /// The exit code.
  let status: Int32
  /// Standard output.
  let output: String
  /// Standard error.
  let errors: String

  /// The program, which is built beside the tests.
  static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "moe-mlora")

  /// Runs the program, or another one, to its end.
  ///
  /// - Parameters:
  ///   - arguments: The program's arguments.
  ///   - program: The program.
  ///   - environment: What its environment has besides that of the tests, the launchers' ranks aside.
  /// - Throws: If the program cannot be started or what it writes cannot be read.
  init(
    _ arguments: [String], program: URL = Execution.program, environment: [String: String] = [:]
  ) throws {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .filter { !["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"].contains($0.key) }
      .merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    self.output = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    self.errors = String(
      decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }

  /// Whether the program said in one line that what it was given cannot be used.
  var isRefusal: Bool {
    status == 2 && output.isEmpty && errors.hasPrefix("moe-mlora: error: ")
      && errors.count { $0 == "\n" } == 1 && errors.hasSuffix("\n")
  }
}
