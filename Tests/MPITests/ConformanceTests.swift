import TestSupport
import Testing

/// Cases of `parallel-conformance`, in which every rank compares what it gets with a closed form.
@Suite(.serialized) struct ConformanceTests {
  @Test(arguments: [1, 2, 3, 4])
  func `collectives agree with their closed forms`(ranks: Int) throws {
    try expectSuccess(
      [
        "broadcast", "broadcast-array", "broadcast-pieces", "all-reduce", "reduce",
        "reduce-scatter", "gather", "all-gather", "scatter", "all-to-all", "all-to-all-blocks",
      ], ranks)
  }

  @Test(arguments: [1, 2, 3, 4])
  func `messages reach the rank they are sent to`(ranks: Int) throws {
    try expectSuccess(["send-receive", "exchange", "send", "probe", "errors"], ranks)
  }

  @Test(arguments: [1, 2, 3, 4])
  func `operations complete while a body runs`(ranks: Int) throws {
    try expectSuccess(["overlap-collectives", "overlap-messages", "overlap-error"], ranks)
  }

  @Test(arguments: [1, 2, 3, 4])
  func `communicators made from others have their own ranks and messages`(ranks: Int) throws {
    try expectSuccess(
      ["world", "split", "split-key", "subgroup", "duplicate", "node"], ranks)
  }

  @Test func `communicators that are no longer used are given back`() throws {
    try expectSuccess(["many"], 2)
  }

  @Test(arguments: [1, 2, 3, 4])
  func `a barrier waits for the last rank`(ranks: Int) throws {
    let folder = try ScratchFolder()
    try expectSuccess(["barrier"], ranks, arguments: [folder.path])
  }

  @Test func `every case without arguments also runs alone`() throws {
    let run = try MPIRun.launch(
      "parallel-conformance",
      ["broadcast,all-reduce,gather,scatter,all-to-all,send-receive,overlap-collectives,errors"])
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(run.sortedLines.count == 8)
  }

  /// Runs cases in one job, and expects every rank's word that each was right.
  private func expectSuccess(
    _ cases: [String], _ ranks: Int, arguments: [String] = []
  ) throws {
    let run = try MPIRun.launch(
      "parallel-conformance", [cases.joined(separator: ",")] + arguments, ranks: ranks)
    #expect(run.exitCode == 0, "\(run.report)")
    let expected = cases.flatMap { name in
      (0..<ranks).map { "ok \(name) rank \($0)/\(ranks)" }
    }
    #expect(run.sortedLines.filter { $0.hasPrefix("ok ") } == expected.sorted(), "\(run.report)")
  }
}
