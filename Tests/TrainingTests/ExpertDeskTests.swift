import TestSupport
import Testing
import Training

/// Cases of `parallel-conformance`, in which ranks take experts from one queue.
@Suite(.serialized) struct ExpertDeskTests {
  @Test(arguments: [nil, 1, 2, 3, 4, 7])
  func `every expert is trained once on any number of ranks`(ranks: Int?) throws {
    let run = try MPIRun.launch("parallel-conformance", ["expert-queue"], ranks: ranks)
    #expect(run.exitCode == 0, "\(run.report)")
    let size = ranks ?? 1
    #expect(
      run.sortedLines.filter { $0.hasPrefix("ok ") }
        == (0..<size).map { "ok expert-queue rank \($0)/\(size)" }, "\(run.report)")
  }

  @Test(arguments: [2, 3])
  func `ranks that are done earlier take more experts`(ranks: Int) throws {
    let run = try MPIRun.launch("parallel-conformance", ["expert-queue-load"], ranks: ranks)
    #expect(run.exitCode == 0, "\(run.report)")
  }

  @Test(arguments: [0, 1, 2])
  func `a rank that has no expert left and is asked to stop has all stop`(rank: Int) throws {
    let run = try MPIRun.launch(
      "parallel-conformance", ["expert-queue-stop", "\(rank)"], ranks: 3, limit: 60)
    #expect(run.exitCode == 0, "\(run.report)")
  }

  @Test(arguments: [0, 1, 2])
  func `a rank that fails ends the others, which wait for it or for answers`(rank: Int) throws {
    let run = try MPIRun.launch(
      "parallel-conformance", ["expert-queue-failure", "\(rank)"], ranks: 3, limit: 60)
    #expect(run.exitCode == 9, "\(run.report)")
    let lines = run.errorOutput.split(separator: "\n")
    #expect(
      lines.contains {
        $0.contains("error on rank \(rank) of 3 (") && $0.hasSuffix("): a deliberate failure")
      }, "\(run.report)")
  }
}
