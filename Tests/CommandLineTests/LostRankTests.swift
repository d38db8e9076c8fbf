import Foundation
import TestSupport
import Testing

/// Ranks that are stopped, or killed, in the course of a training.
@Suite(.serialized) struct LostRankTests {
  private let workplace: Workplace
  private let marker = UUID().uuidString

  init() throws { workplace = try Workplace() }

  /// Trains on two ranks, sends a signal to one of them in the course of it, and waits ten seconds for
  /// the end of the job.
  private func train(sending signal: String, to rank: Int) throws -> MPIRun {
    let script = #"""
      . "$0"; victim=$PLACE/rank.$1; signal=$2; shift 2
      timeout 60 mpirun -np 2 sh -c 'echo $$ > "$PLACE/rank.$OMPI_COMM_WORLD_RANK"; exec "$@"' - "$@" &
      job=$!
      until [ -s "$PLACE/run/metrics.jsonl" ] || ! kill -0 $job; do sleep 0.1; done
      kill -$signal "$(cat "$victim")"
      timeout 10 tail --pid=$job -f /dev/null || { kill $job; echo "still there"; }
      wait $job
      """#
    let training = workplace.training(
      try workplace.makeDataset(),
      ["model.adaptation=none", "training.patience=1000000", "training.stallTimeout=3"])
    return try MPIRun.run(
      ["sh", "-c", script, MPIRun.settings.path, "\(rank)", signal, MPIRun.program]
        + training.map { $0.replacing("maximumEpochs=2", with: "maximumEpochs=1000000") }
        + ["--quiet"],
      ["PLACE": workplace.path(""), "OMPI_MCA_btl": "vader,self", "MOE_MLORA_TEST": marker])
  }

  @Test(arguments: [0, 1])
  func `a stopped rank ends the job with 75, and is named with what the other waits in`(
    rank: Int
  ) throws {
    let run = try train(sending: "STOP", to: rank)
    #expect(run.exitCode == 75, "\(run.report)")
    let lines = run.errorOutput.split(separator: "\n")
    let host = MPIRun.hostName
    let waiting = "moe-mlora: stalled: rank \(1 - rank) of 2 (\(host)) has waited 3 s in MPI_"
    let place = " (backbone, step "
    #expect(lines.contains { $0.hasPrefix(waiting) && $0.contains(place) }, "\(run.report)")
    let stopped = "moe-mlora: stalled: rank \(rank) of 2 (\(host)) was stopped, or got no processor"
    #expect(lines.contains { $0.hasPrefix(stopped) }, "\(run.report)")
    #expect(run.problems.count == 1, "\(run.report)")
    let problem = "moe-mlora: error on rank \(1 - rank) of 2 (\(host)): "
    #expect(run.problems.allSatisfy { $0.hasPrefix(problem) }, "\(run.report)")
    #expect(try processes(marked: marker) == [])
  }

  @Test(arguments: [0, 1])
  func `a killed rank ends the job, and the launcher names it`(rank: Int) throws {
    let run = try train(sending: "KILL", to: rank)
    #expect(run.exitCode == 137, "\(run.report)")
    #expect(run.errorOutput.contains("process rank \(rank) "), "\(run.report)")
    #expect(run.errorOutput.contains("signal 9 (Killed)"), "\(run.report)")
    #expect(try processes(marked: marker) == [])
  }

  @Test func `a rank that never starts MPI ends the job`() throws {
    let training = workplace.training(
      try workplace.makeDataset(), ["training.stallTimeout=2"])
    let run = try MPIRun.start([(1, ["sleep", "50"], [:]), (1, [MPIRun.program] + training, [:])])
    #expect(run.exitCode == 75, "\(run.report)")
    #expect(
      run.errorOutput.contains(
        "stalled: rank 1 of 2 (\(MPIRun.hostName)) has waited 2 s in MPI_Init_thread (start)\n"),
      "\(run.report)")
  }
}
