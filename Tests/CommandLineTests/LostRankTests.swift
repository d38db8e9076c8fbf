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
    let training = workplace.training(
      try workplace.makeDataset(),
      ["model.adaptation=none", "training.patience=1000000", "training.stallTimeout=3"])
    return try start(
      training.map { $0.replacing("maximumEpochs=2", with: "maximumEpochs=1000000") } + ["--quiet"],
      sending: signal, to: rank, when: #"[ -s "$PLACE/run/metrics.jsonl" ]"#)
  }

  /// Starts a command on two ranks, sends a signal to one of them as soon as a condition of the shell
  /// holds, and waits ten seconds for the end of the job.
  ///
  /// In the condition `$victim` is the file with the number of the rank's process.
  private func start(
    _ arguments: [String], sending signal: String, to rank: Int, when condition: String
  ) throws -> MPIRun {
    let script = #"""
      . "$0"; victim=$PLACE/rank.$1; signal=$2; condition=$3; shift 3
      timeout 60 mpirun -np 2 sh -c 'echo $$ > "$PLACE/rank.$OMPI_COMM_WORLD_RANK"; exec "$@"' - "$@" &
      job=$!
      until eval "$condition" || ! kill -0 $job; do sleep 0.1; done
      kill -$signal "$(cat "$victim")"
      timeout 10 tail --pid=$job -f /dev/null || { kill $job; echo "still there"; }
      wait $job
      """#
    return try MPIRun.run(
      ["sh", "-c", script, MPIRun.settings.path, "\(rank)", signal, condition, MPIRun.program]
        + arguments,
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

  @Test(arguments: [
    ["benchmark", "--epochs", "1000000"],
    // A phase of ten seconds, in which each kind of steps takes turns of a fraction of a second.
    ["plan", "--check", "--steps", "150000"],
  ])
  func `a stopped rank ends a measurement, and the other says in which phase and step`(
    command: [String]
  ) throws {
    let settings = Workplace.quickSettings + ["training.stallTimeout=3"]
    let run = try start(
      command + ["--dataset", try workplace.makeDataset()] + settings.flatMap { ["--set", $0] },
      sending: "STOP", to: 1,
      // Steps are being taken when the rank has computed for three seconds: starting takes less.
      when: #"[ -s "$victim" ] && [ "$(cut -d " " -f 14 "/proc/$(cat "$victim")/stat")" -gt 300 ]"#
    )
    #expect(run.exitCode == 75, "\(run.report)")
    let waiting = "moe-mlora: stalled: rank 0 of 2 (\(MPIRun.hostName)) has waited 3 s in MPI_"
    #expect(
      run.errorOutput.split(separator: "\n").contains {
        $0.hasPrefix(waiting) && $0.contains(" (backbone, step ")
      }, "\(run.report)")
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
