import Evaluation
import Experiments
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct EvaluationCommandTests {
  private let workplace: Workplace

  init() throws { workplace = try Workplace() }

  @Test(arguments: ["none", "mlora", "moe"])
  func `the figures are those that the training left`(adaptation: String) throws {
    let run = try workplace.makeRun(["model.adaptation=\(adaptation)"])
    let results = try RunDirectory(existing: run).results()
    let last = try #require(results.phases.last)
    for (split, table) in [("validation", last.validation), ("test", last.test)] {
      let evaluation = try MPIRun.start([
        "evaluate", run, "--split", split, "--json", workplace.path("table.json"),
      ])
      #expect(evaluation.exitCode == 0, "\(evaluation.report)")
      #expect(evaluation.errorOutput.isEmpty, "\(evaluation.report)")
      #expect(
        evaluation.output == "\(split) rows of \(workplace.path("data"))\n\(table.text)\n")
      let written = try JSONDecoder().decode(
        EvaluationTable.self, from: workplace.bytes("table.json"))
      #expect(written == table)
    }
  }

  @Test func `several ranks print the table once, and the same`() throws {
    let run = try workplace.makeRun()
    let alone = try MPIRun.start(["evaluate", run])
    let together = try MPIRun.start(["evaluate", run], ranks: 3)
    #expect(together.exitCode == 0, "\(together.report)")
    #expect(together.output == alone.output)
    #expect(together.errorOutput.isEmpty, "\(together.report)")
  }

  @Test func `the JSON has the keys that scripts rely on`() throws {
    let run = try workplace.makeRun(["model.adaptation=none"])
    let evaluation = try MPIRun.start(["evaluate", run, "--json", workplace.path("table.json")])
    #expect(evaluation.exitCode == 0, "\(evaluation.report)")
    let table = try #require(
      try JSONSerialization.jsonObject(with: workplace.bytes("table.json")) as? [String: Any])
    #expect(Set(table.keys) == ["domains", "logLoss", "meanAUC", "weightedAUC"])
    let domains = try #require(table["domains"] as? [[String: Any]])
    #expect(domains.count == 2)
    for domain in domains {
      #expect(
        Set(domain.keys)
          == ["auc", "calibration", "domain", "logLoss", "name", "positives", "rows"])
    }
  }

  @Test func `another dataset of the same fields can be named`() throws {
    let run = try workplace.makeRun(["model.adaptation=none"])
    let other = try workplace.makeDataset("other")
    let evaluation = try MPIRun.start(["evaluate", run, "--dataset", other, "--split", "train"])
    #expect(evaluation.exitCode == 0, "\(evaluation.report)")
    #expect(evaluation.output.hasPrefix("train rows of \(other)\n"), "\(evaluation.report)")
  }
}
