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
      ["world", "split", "split-key", "subgroup", "duplicate", "node", "shared-core"], ranks)
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
    let cases = try casesWithoutArguments()
    try #require(cases.contains("broadcast") && !cases.contains("barrier"))
    let run = try MPIRun.launch("parallel-conformance", [cases.joined(separator: ",")])
    #expect(run.exitCode == 0, "\(run.report)")
    let successes = run.output.split(separator: "\n").filter { $0.hasPrefix("ok ") }
    #expect(successes == cases.map { "ok \($0) rank 0/1" }, "\(run.report)")
  }

  /// The program's own list, a line `  name: summary` for each case; the summary of a case with
  /// arguments begins with the call.
  private func casesWithoutArguments() throws -> [String] {
    let usage = try MPIRun.launch("parallel-conformance")
    #expect(usage.exitCode == 2, "\(usage.report)")
    return usage.output.split(separator: "\n").compactMap { line in
      guard let match = line.wholeMatch(of: /\ \ ([a-z-]+): (.*)/),
        !match.2.hasPrefix("\(match.1) ")
      else { return nil }
      return String(match.1)
    }
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
