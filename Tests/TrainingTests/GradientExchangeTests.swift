import TestSupport
import Testing
import Training

/// Cases of `parallel-conformance`, in which every rank sums all shards by itself and compares.
@Suite(.serialized) struct GradientExchangeTests {
  @Test(arguments: [1, 2, 3, 4, 5, 7, 8])
  func `any number of ranks ends with the bits of the tree`(ranks: Int) throws {
    try expectSuccess(
      [
        "gradient-exchange", "gradient-exchange-long", "gradient-exchange-shared",
        "gradient-exchange-updates", "gradient-exchange-fast",
      ], ranks)
  }

  @Test(arguments: [2, 3, 4, 5, 7, 8])
  func `ranks train the tables that one rank trains`(ranks: Int) throws {
    try expectSuccess(
      [
        "tables-replicated", "tables-on-node", "tables-on-node-by-lists", "tables-in-pairs",
        "tables-all-small",
        "tables-sharded", "tables-not-finite", "table-gathering",
        "node-memory",
      ],
      ranks)
  }

  @Test func `a process without a launcher does, too`() throws {
    try expectSuccess(["gradient-exchange", "gradient-exchange-fast", "tables-sharded"], nil)
  }

  private func expectSuccess(_ cases: [String], _ ranks: Int?) throws {
    let run = try MPIRun.launch(
      "parallel-conformance", [cases.joined(separator: ",")], ranks: ranks)
    #expect(run.exitCode == 0, "\(run.report)")
    let expected = cases.flatMap { name in
      (0..<(ranks ?? 1)).map { "ok \(name) rank \($0)/\(ranks ?? 1)" }
    }
    #expect(run.sortedLines.filter { $0.hasPrefix("ok ") } == expected.sorted(), "\(run.report)")
  }
}
