import Foundation
import TestSupport
import Testing

extension MPIRun {
  /// The path of the program, for commands that start it.
  static let program = productFolder.appending(path: "moe-mlora").path

  /// Runs `moe-mlora` by itself, or on a number of ranks under `mpirun`.
  static func start(
    _ arguments: [String], ranks: Int? = nil, environment: [String: String] = [:]
  ) throws -> MPIRun {
    try launch("moe-mlora", arguments, ranks: ranks, environment: environment, limit: 60)
  }

  /// Whether the program said in one line that what it was given cannot be used.
  ///
  /// Under `mpirun` as well: nothing else, not even from the launcher, is on standard error.
  var isRefusal: Bool {
    exitCode == 2 && output.isEmpty && errorOutput.hasPrefix("moe-mlora: error")
      && errorOutput.count { $0 == "\n" } == 1 && errorOutput.hasSuffix("\n")
  }

  /// Runs `moe-mlora` on ranks that are given different commands.
  ///
  /// - Parameter groups: For each group of ranks their number, the program with its arguments, and
  ///   variables to set.
  /// - Returns: The finished run.
  /// - Throws: What Foundation throws if the run cannot be started.
  static func start(
    _ groups: [(ranks: Int, command: [String], environment: [String: String])]
  ) throws -> MPIRun {
    let commands = groups.map { group in
      let variables = group.environment.map { "\($0)=\($1)" }
      return ["-np", "\(group.ranks)", "env"] + variables + group.command
    }
    return try run(
      ["sh", "-c", #". "$0"; exec timeout -k 5 60 mpirun "$@""#, settings.path]
        + commands.joined(separator: [":"]),
      ["OMPI_MCA_btl": "vader,self"])
  }

  /// The lines in which the program reported problems.
  var problems: [Substring] {
    errorOutput.split(separator: "\n").filter { $0.hasPrefix("moe-mlora: error") }
  }

  /// The line in which the program reports a problem.
  static func errorLine(_ message: String, ranks: Int?) -> String {
    let place = ranks.map { $0 > 1 ? " on rank 0 of \($0) (\(hostName))" : "" } ?? ""
    return "moe-mlora: error\(place): \(message)\n"
  }
}

/// Expects that a command is refused with one line and exit code 2, that it leaves the folder of its
/// files as it was, and that none of its processes is left.
func expectRefusal(
  of arguments: [String], _ message: String, ranks: Int? = nil, in workplace: Workplace,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let contents = try workplace.contents()
  let marker = UUID().uuidString
  let run = try MPIRun.start(
    arguments, ranks: ranks, environment: ["MOE_MLORA_TEST": marker])
  let line = MPIRun.errorLine(message, ranks: ranks)
  #expect(run.errorOutput == line, "\(run.report)", sourceLocation: sourceLocation)
  #expect(run.exitCode == 2, "\(run.report)", sourceLocation: sourceLocation)
  #expect(run.output.isEmpty, "\(run.report)", sourceLocation: sourceLocation)
  #expect(try workplace.contents() == contents, sourceLocation: sourceLocation)
  #expect(try processes(marked: marker) == [], sourceLocation: sourceLocation)
}

/// The processes in whose environment a text occurs.
func processes(marked marker: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
    guard Int(name) != nil else { return false }
    // A process that ends meanwhile has no environment to read.
    guard let bytes = try? Data(contentsOf: URL(filePath: "/proc/\(name)/environ")) else {
      return false
    }
    return bytes.range(of: Data(marker.utf8)) != nil
  }
}
