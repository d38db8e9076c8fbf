import Experiments
import Foundation
import Testing
import Training

@Suite struct RunTableTests {
  private let adaptation = [ConfigurationKey.named("model.adaptation")].compactMap(\.self)

  /// A finished run that was read from a directory of the time of the call.
  private func run(
    _ name: String, phases: [(String, [Double?])], fingerprint: String = "f",
    configure: (inout RunConfiguration) -> Void = { _ in }
  ) throws -> FinishedRun {
    try withRuns { parent in
      let path = "\(parent)/\(name)"
      var configuration = RunConfiguration()
      configure(&configuration)
      let run = try RunDirectory(creating: path, configuration: configuration)
      let json = RunTableTests.results(phases: phases, fingerprint: fingerprint)
      try Data(json.utf8).write(to: URL(filePath: run.resultsPath))
      return try FinishedRun(of: run)
    }
  }

  /// The text of a `results.json` whose domains have 1, 2, 3, … rows and these test AUCs.
  private static func results(phases: [(String, [Double?])], fingerprint: String) -> String {
    func table(_ aucs: [Double?]) -> String {
      let domains = aucs.enumerated().map { index, auc in
        """
        {"domain": \(index), "name": "d\(index)", "rows": \(index + 1), "positives": 1,
         "auc": \(auc.map { "\($0)" } ?? "null"), "logLoss": 0.5, "calibration": 1}
        """
      }
      return "{\"domains\": [\(domains.joined(separator: ","))]}"
    }
    let records = phases.map { phase, aucs in
      """
      {"phase": "\(phase)", "seconds": 1, "epochs": 1, "samplesPerSecond": 1,
       "validation": \(table([0.25])), "test": \(table(aucs))}
      """
    }
    return """
      {"schemaVersion": 1, "ranks": 1, "parametersSHA256": "",
       "dataset": {"name": "n", "fingerprint": "\(fingerprint)", "directory": "d"},
       "phases": [\(records.joined(separator: ","))]}
      """
  }

  private func withRuns<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "runs-\(UUID())")
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory.path)
  }

  @Test func `no runs give an empty table`() throws {
    #expect(try AblationTable([], rowKeys: adaptation) == AblationTable([]))
  }

  @Test func `a run of one phase is a row, one of several a row for each`() throws {
    let table = try AblationTable(
      [
        run("a", phases: [("backbone", [0.5, 0.8])]) { $0.model.adaptation = .none },
        run("b", phases: [("backbone", [0.5]), ("experts", [0.6]), ("gate", [0.7])]),
      ], rowKeys: adaptation)
    #expect(
      table.rows == ["none", "moe after backbone", "moe after experts", "moe after gate"])
    #expect(table.columns == ["test weighted AUC", "test mean AUC"])
    // (1 · 0.5 + 2 · 0.8) / 3 = 0.7 and (0.5 + 0.8) / 2 = 0.65, to a few roundings.
    let weighted = try #require(table[row: "none", column: "test weighted AUC"])
    #expect(abs(weighted.mean - 0.7) < 1e-15)
    let mean = try #require(table[row: "none", column: "test mean AUC"])
    #expect(abs(mean.mean - 0.65) < 1e-15)
    #expect(table[row: "moe after gate", column: "test mean AUC"]?.mean == 0.7)
  }

  @Test(arguments: [1, 2, 3, 7, 16, 17])
  func `seeds fall into one row`(count: Int) throws {
    let values = (0..<count).map { 0.5 + Double($0 * $0) / 1024 }
    let runs = try values.enumerated().map { seed, value in
      try run("\(seed)", phases: [("backbone", [value])]) {
        $0.model.adaptation = .mlora
        $0.seed = UInt64(seed)
      }
    }
    let cell = try #require(
      AblationTable(runs, rowKeys: adaptation)[row: "mlora", column: "test mean AUC"])
    let mean = values.reduce(0, +) / Double(count)
    #expect(cell.runs == count)
    #expect(abs(cell.mean - mean) < 1e-15)
    #expect((cell.standardDeviation == nil) == (count == 1))
  }

  @Test func `rows are named by the keys asked for`() throws {
    let keys = ["model.backbone", "model.hidden"].compactMap(ConfigurationKey.named)
    let table = try AblationTable(
      [
        run("a", phases: [("backbone", [0.5])]) { $0.model.hidden = [2, 1] },
        run("b", phases: [("backbone", [0.6])]) { $0.model.backbone = .mlp },
      ], rowKeys: keys)
    #expect(table.rows == ["wdl [2, 1]", "mlp [256, 128, 64]"])
  }

  @Test func `a key of all phases names rows, by each phase where they differ`() throws {
    let keys = ["training.patience"].compactMap(ConfigurationKey.named)
    let table = try AblationTable(
      [
        run("a", phases: [("backbone", [0.5])]),
        run("b", phases: [("backbone", [0.6])]) { $0.training.gate.patience = 4 },
        run("c", phases: [("backbone", [0.7])]) {
          for path in [\TrainingConfiguration.backbone, \.experts, \.gate] {
            $0.training[keyPath: path].patience = 5
          }
        },
      ], rowKeys: keys)
    #expect(table.rows == ["3", "3/3/4", "5"])
  }

  @Test func `every key of a configuration names rows`() throws {
    let run = try run("a", phases: [("backbone", [0.5])])
    for key in ConfigurationKey.all {
      #expect(try AblationTable([run], rowKeys: [key]).rows.count == 1)
    }
  }

  @Test func `an undefined figure leaves its cell empty`() throws {
    let table = try AblationTable(
      [
        run("a", phases: [("backbone", [0.5]), ("experts", [nil])])
      ], rowKeys: adaptation)
    #expect(table.rows == ["moe after backbone"])
  }

  @Test func `other data is refused`() throws {
    let first = try run("a", phases: [("backbone", [0.5])])
    let other = try run("b", phases: [("backbone", [0.5])], fingerprint: "g") { $0.seed = 1 }
    #expect(
      throws: ExperimentError.incomparable(
        path: other.path, expected: "dataset f", other: first.path, found: "g")
    ) { try AblationTable([first, other], rowKeys: adaptation) }
  }

  @Test func `a difference that results do not depend on is none`() throws {
    let first = try run("a", phases: [("backbone", [0.5])])
    let other = try run("b", phases: [("backbone", [0.5])]) {
      $0.seed = 1
      $0.training.stallTimeoutInSeconds = 7
    }
    #expect(try AblationTable([first, other], rowKeys: adaptation).rows.count == 1)
  }

  @Test func `a configuration that differs elsewhere is refused by key`() throws {
    let first = try run("a", phases: [("backbone", [0.5])])
    let other = try run("b", phases: [("backbone", [0.5])]) {
      $0.seed = 1
      $0.training.gate.patience = 4
    }
    let error = ExperimentError.incomparable(
      path: other.path, expected: "training.gate.patience 3", other: first.path, found: "4")
    #expect(throws: error) { try AblationTable([first, other], rowKeys: adaptation) }
    #expect(
      "\(error)"
        == "\(other.path): expected training.gate.patience 3 as in \(first.path), found 4")
    #expect(error.isBadInput)
    let keys = ["training.gate.patience"].compactMap(ConfigurationKey.named)
    #expect(try AblationTable([first, other], rowKeys: keys).rows == ["3", "4"])
  }

  @Test func `a seed counts once`() throws {
    let first = try run("a", phases: [("backbone", [0.5])])
    let other = try run("b", phases: [("backbone", [0.5])])
    let error = ExperimentError.repeated(path: other.path, other: first.path, seed: 123)
    #expect(throws: error) { try AblationTable([first, other], rowKeys: adaptation) }
    #expect(
      "\(error)" == "\(other.path): expected another seed than that of \(first.path), found 123 too"
    )
    #expect(error.isBadInput)
  }

  @Test func `a run without results is refused as unfinished`() throws {
    try withRuns { parent in
      let run = try RunDirectory(creating: "\(parent)/a", configuration: RunConfiguration())
      let error = ExperimentError.unfinished(path: run.path)
      #expect(throws: error) { try FinishedRun(of: run) }
      #expect(
        "\(error)"
          == "\(run.path): expected a finished run, found no results.json in it; "
          + "one that was interrupted goes on with train --resume")
      #expect(error.isBadInput)
    }
  }

  @Test(arguments: [
    ("", "no JSON, or a number that does not fit its key"),
    ("{", "no JSON, or a number that does not fit its key"),
    ("[]", "Expected to decode Dictionary<String, Any> but found an array instead."),
    ("{\"schemaVersion\": 1}", "dataset: expected a value, found none"),
  ])
  func `damaged results are refused`(text: String, reason: String) throws {
    try withRuns { parent in
      let run = try RunDirectory(creating: "\(parent)/a", configuration: RunConfiguration())
      try Data(text.utf8).write(to: URL(filePath: run.resultsPath))
      #expect {
        try FinishedRun(of: run)
      } throws: { error in
        guard case .damaged(run.resultsPath, _, _) = error as? ExperimentError else { return false }
        let start = "\(run.resultsPath): expected the figures of a run, found \(reason)"
        return "\(error)".hasPrefix(start) && !"\(error)".contains { $0.isNewline }
      }
    }
  }
}
