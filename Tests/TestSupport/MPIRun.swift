public import Foundation

/// A program of this package that was run in processes of its own, to its end.
///
/// Tests of parallel code start it under `mpirun`: the test process itself never starts MPI, so that
/// one failing rank cannot leave it waiting.
public struct MPIRun: Sendable {
  /// The exit code; 128 and the signal's number for a process ended by a signal.
  public let exitCode: Int32
  /// What all ranks wrote to standard output.
  public let output: String
  /// What all ranks, and `mpirun`, wrote to standard error.
  public let errorOutput: String

  /// The lines of standard output, sorted, because ranks write in any order.
  public var sortedLines: [String] {
    output.split(separator: "\n").map(String.init).sorted()
  }

  /// Whether the run was ended because it took too long.
  public var hasTimedOut: Bool {
    exitCode == Self.mpirunTimeout || exitCode == Self.timeoutTimeout
  }

  /// Everything a failed expectation should show.
  public var report: String {
    "exit code \(exitCode)\n--- output\n\(output)--- errors\n\(errorOutput)"
  }

  /// The exit code of `mpirun --timeout`.
  private static let mpirunTimeout: Int32 = 110
  /// The exit code of `timeout`.
  private static let timeoutTimeout: Int32 = 124
}

// MARK: - Launching

extension MPIRun {
  /// Runs a program of this package and waits for its end.
  ///
  /// Runs are made one after another, however many tests ask at once. They see none of the launcher
  /// variables of the test process, and have no input.
  ///
  /// - Parameters:
  ///   - program: The name of an executable target.
  ///   - arguments: Its arguments.
  ///   - ranks: The number of ranks under `mpirun`; `nil` starts the program by itself.
  ///   - environment: Variables to set.
  ///   - limit: After how many seconds the run is ended.
  /// - Returns: The finished run.
  /// - Throws: What Foundation throws if the run cannot be started.
  public static func launch(
    _ program: String, _ arguments: [String] = [], ranks: Int? = nil,
    environment: [String: String] = [:], limit: Int = 120
  ) throws -> MPIRun {
    let executable = [productFolder.appendingPathComponent(program).path] + arguments
    guard let ranks else {
      return try run(bounded(executable, limit: limit), environment)
    }
    let mpirun = ["mpirun", "-np", "\(ranks)", "--timeout", "\(limit)"] + executable
    return try run(
      ["sh", "-c", #". "$0"; exec "$@""#, settings.path] + bounded(mpirun, limit: limit + 15),
      // One machine: messages need no network.
      ["OMPI_MCA_btl": "vader,self"].merging(environment) { $1 })
  }

  /// The settings of `mpirun`, to be sourced by a shell.
  public static let settings = packageFolder.appendingPathComponent("scripts/mpi-environment")

  /// The name of this machine, as error messages give it.
  public static let hostName =
    (try? String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8))?
    .trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"

  /// The folder of `Package.swift`.
  public static let packageFolder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder of the built executables, which is that of the test binary.
  public static let productFolder = URL(fileURLWithPath: "/proc/self/exe")
    .resolvingSymlinksInPath().deletingLastPathComponent()

  /// Runs a command and waits for its end.
  ///
  /// - Parameters:
  ///   - command: The command, searched for on the path, and its arguments.
  ///   - environment: Variables to set.
  /// - Returns: The finished run.
  /// - Throws: What Foundation throws if the run cannot be started.
  public static func run(
    _ command: [String], _ environment: [String: String] = [:]
  ) throws -> MPIRun {
    let finished = try oneAtATime.withLock {
      try FinishedCommand(
        command, environment: inheritedEnvironment.merging(environment) { $1 })
    }
    return MPIRun(
      exitCode: finished.exitCode, output: finished.output,
      errorOutput: withoutLauncherNoise(finished.errorOutput))
  }

  private static let oneAtATime = NSLock()

  /// The command, ended if it takes too long.
  private static func bounded(_ command: [String], limit: Int) -> [String] {
    ["timeout", "-k", "5", "\(limit)"] + command
  }

  /// The environment of the test process without what launchers left in it.
  private static var inheritedEnvironment: [String: String] {
    ProcessInfo.processInfo.environment.filter { name, _ in
      !["OMPI_", "ORTE_", "PMIX_", "PMI_", "SLURM_"].contains { name.hasPrefix($0) }
    }
  }
}

/// Leaves out what the event library inside mpirun sometimes says when ranks end at once: harmless,
/// and not of the program that is tested.
private func withoutLauncherNoise(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false)
    .filter { !$0.hasPrefix("[warn] Epoll ") }
    .joined(separator: "\n")
}
