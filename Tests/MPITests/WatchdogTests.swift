import TestSupport
import Testing

@Suite(.serialized) struct WatchdogTests {
  private let host = MPIRun.hostName

  @Test func `a rank that computes for too long ends the job, and all say where they are`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["stall", "1"], ranks: 3)
    #expect(run.exitCode == 75, "\(run.report)")
    let lines = run.errorOutput.split(separator: "\n").filter { $0.contains("stalled: ") }
    let waiting = [0, 2].map {
      "parallel-conformance: stalled: rank \($0) of 3 (\(host)) has waited 1 s in MPI_Barrier "
        + "(sleep, step 5)"
    }
    #expect(lines.filter { waiting.contains(String($0)) }.count == 2, "\(run.report)")
    let computing = "parallel-conformance: stalled: rank 1 of 3 (\(host)) was outside MPI for "
    #expect(lines.contains { $0.hasPrefix(computing) }, "\(run.report)")
    #expect(lines.count == 3, "\(run.report)")
    #expect(
      run.errorOutput.contains("error on rank 0 of 3 (\(host)): wake it up\n"), "\(run.report)")
  }

  @Test func `a wait that may be long is left alone`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["wait", "1"], ranks: 2)
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(run.errorOutput.isEmpty, "\(run.report)")
    #expect(run.sortedLines == ["ok wait rank 0/2", "ok wait rank 1/2"])
  }

  @Test func `an overlapped operation is watched while it is waited for`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["stall-overlap", "0"], ranks: 2)
    #expect(run.exitCode == 75, "\(run.report)")
    #expect(
      run.errorOutput.contains(
        "stalled: rank 1 of 2 (\(host)) has waited 1 s in MPI_Ibarrier (start)\n"),
      "\(run.report)")
  }

  @Test func `a watched rank that is asked to end does so without a word`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["terminate", "1"], ranks: 2)
    #expect(run.exitCode == 143, "\(run.report)")
    #expect(!run.errorOutput.contains("stalled"), "\(run.report)")
  }
}
