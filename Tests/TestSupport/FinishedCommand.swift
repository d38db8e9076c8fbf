import Foundation

/// A command that was run in a process of its own, to its end.
public struct FinishedCommand: Sendable {
  /// The exit code; 128 and the signal's number for a process ended by a signal.
  public let exitCode: Int32
  /// What it wrote to standard output.
  public let output: String
  /// What it wrote to standard error.
  public let errorOutput: String

  /// Runs a command without input and waits for its end.
  ///
  /// - Parameters:
  ///   - command: The command, searched for on the path, and its arguments.
  ///   - environment: Its variables; `nil` for those of the test process.
  /// - Throws: What Foundation throws if the run cannot be started.
  public init(_ command: [String], environment: [String: String]? = nil) throws {
    let output = try ScratchFile()
    let errorOutput = try ScratchFile()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // The test process may block signals, which the command would inherit and never be ended.
    process.arguments = ["--default-signal"] + command
    if let environment { process.environment = environment }
    process.standardInput = FileHandle.nullDevice
    // Files and not pipes: a daemon that outlives the run would keep a pipe open.
    process.standardOutput = output.handle
    process.standardError = errorOutput.handle
    try process.run()
    process.waitUntilExit()
    let wasSignalled = process.terminationReason == .uncaughtSignal
    exitCode = process.terminationStatus + (wasSignalled ? 128 : 0)
    self.output = try output.contents()
    self.errorOutput = try errorOutput.contents()
  }
}
