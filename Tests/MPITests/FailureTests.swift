import TestSupport
import Testing

@Suite(.serialized) struct FailureTests {
  @Test(arguments: [0, 1, 2])
  func `a rank that throws ends the job with its exit code`(rank: Int) throws {
    let run = try MPIRun.launch("parallel-conformance", ["fail", "\(rank)", "7"], ranks: 3)
    #expect(run.exitCode == 7, "\(run.report)")
    let place = "rank \(rank) of 3 (\(MPIRun.hostName))"
    #expect(run.errorOutput.contains("error on \(place): a deliberate failure"), "\(run.report)")
    #expect(!run.output.contains("ok "), "\(run.report)")
  }

  @Test func `an error that all ranks throw is reported once`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["fail-everywhere", "9"], ranks: 3)
    #expect(run.exitCode == 9, "\(run.report)")
    let reports = run.errorOutput.split(separator: "\n").filter { $0.contains("deliberate") }
    #expect(
      reports == [
        "parallel-conformance: error on rank 0 of 3 (\(MPIRun.hostName)): a deliberate failure"
      ],
      "\(run.report)")
  }

  @Test func `a program started alone fails with its exit code and one line`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["fail", "0", "7"])
    #expect(run.exitCode == 7, "\(run.report)")
    #expect(run.errorOutput == "parallel-conformance: error: a deliberate failure\n")
  }

  @Test func `a rank can end the job for all`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["abort", "1", "75"], ranks: 2)
    #expect(run.exitCode == 75, "\(run.report)")
  }

  @Test func `the last line of a rank that is killed is not lost`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["kill", "1"], ranks: 2)
    #expect(run.exitCode == 137, "\(run.report)")
    #expect(run.output == "last words of rank 1\n")
  }

  @Test func `ranks that wait for one another forever are ended at the limit`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["hang", "1"], ranks: 2, limit: 3)
    #expect(run.hasTimedOut, "\(run.report)")
  }

  @Test func `a program started alone that never ends is ended at the limit`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["hang", "0"], limit: 2)
    #expect(run.hasTimedOut, "\(run.report)")
  }

  @Test func `an error of MPI names the routine, the rank, the size and MPI's reason`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["errors"], ranks: 2)
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(
      run.output.contains(
        "MPI_Recv on rank 1 of 2: MPI_ERR_TRUNCATE: message truncated (code 15)\n"),
      "\(run.report)")
  }

  @Test func `MPI cannot be started twice in a process`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["restart"], ranks: 2)
    #expect(run.exitCode == 1, "\(run.report)")
    #expect(
      run.errorOutput.contains(
        "error on rank 0 of 2 (\(MPIRun.hostName)): starting MPI: it was started before"),
      "\(run.report)")
  }
}
