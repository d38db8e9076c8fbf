import Datasets
import Experiments
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct TrainingCommandTests {
  private let workplace: Workplace
  private let dataset: String

  init() throws {
    workplace = try Workplace()
    dataset = try workplace.makeDataset()
  }

  /// What a run of one rank leaves, with checkpoints of what has ended.
  private func files(ofPhases phases: Int) -> [String] {
    let own = ["manifest.json", "part-0-of-1.safetensors"]
    let tasks =
      [("backbone", own)]
      + (phases == 1 ? [] : [("expert-0", own), ("expert-1", own), ("gate", own)])
    let checkpoints = tasks.flatMap { task, files in
      ([""] + files.map { "/" + $0 }).map { "run/checkpoints/\(task)-finished\($0)" }
    }
    let others = [
      "run/checkpoints", "run/checkpoints/final.safetensors", "run/config.yaml",
      "run/dataset.json", "run/metrics.jsonl", "run/results.json", "run/run.lock",
    ]
    return (checkpoints + others).sorted()
  }

  @Test func `the times of steps say before which ones a checkpoint was copied`() throws {
    let settings = [
      "model.adaptation=none", "training.checkpoint.everySteps=2",
      "training.checkpoint.everySeconds=0",
    ]
    let file = workplace.path("steps.csv")
    let training = workplace.training(dataset, settings) + ["--quiet", "--step-times"]
    let run = try MPIRun.start(training + [file], ranks: 2)
    #expect(run.exitCode == 0, "\(run.report)")
    let lines = try workplace.text("steps.csv").split(separator: "\n")
    #expect(lines.first == "phase,expert,epoch,step,seconds,checkpoint")
    let rows = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows.allSatisfy { $0.count == 6 && (Double($0[4]) ?? 0) > 0 })
    let steps = rows.compactMap { Int($0[3]) }
    #expect(steps == Array(2..<2 + rows.count) && rows.count > 3)
    #expect(rows.map { $0[5] == "1" } == steps.map { ($0 - 1).isMultiple(of: 2) })

    let places = ["run", "run/config.yaml", "run/steps.csv"].map(workplace.path)
    for place in places + ["\(dataset)/dataset.json"] {
      let refused = try MPIRun.start(training + [place, "--overwrite"], ranks: 2)
      #expect(refused.exitCode == 2, "\(refused.report)")
      #expect(refused.errorOutput.contains("found a place in "), "\(refused.report)")
    }
    #expect(try !workplace.contents().contains { $0.hasSuffix(".csv") && $0.hasPrefix("run") })
    #expect(try RunDirectory(existing: workplace.path("run")).results().phases.count == 1)
  }

  @Test(arguments: [("none", 1), ("mlora", 1), ("moe", 3)])
  func `a training leaves a run, the table on output and progress on errors`(
    adaptation: String, phases: Int
  ) throws {
    let run = try MPIRun.start(
      workplace.training(dataset, ["model.adaptation=\(adaptation)"]))
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(
      try workplace.contents().filter { $0.hasPrefix("run/") }
        == files(ofPhases: phases))
    let results = try RunDirectory(existing: workplace.path("run")).results()
    #expect(results.phases.count == phases)

    let lines = run.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("test AUC ") == true, "\(run.report)")
    #expect(
      lines.dropFirst().map { $0.prefix { $0 != " " } }
        == [
          "synthetic_0", "synthetic_1", "mean", "weighted", "log-loss", "\(workplace.path("run")):",
        ]
    )
    #expect(lines.last?.hasSuffix(" parameters \(results.parametersSHA256)") == true)

    for phase in results.phases.map(\.phase.rawValue) {
      #expect(lines.first?.contains("after \(phase)") == true, "\(run.report)")
      #expect(run.errorOutput.contains("\n\(phase), ") || run.errorOutput.hasPrefix("\(phase), "))
      #expect(run.errorOutput.contains("\n\(phase): "), "\(run.report)")
    }
  }

  @Test(arguments: [("1", "1 epoch,"), ("2", "2 epochs,")])
  func `a phase tells its epochs in words that fit`(epochs: String, words: String) throws {
    let settings = ["model.adaptation=none", "training.patience=9"]
    let arguments = workplace.training(dataset, settings).map {
      $0.replacing("maximumEpochs=2", with: "maximumEpochs=\(epochs)")
    }
    let run = try MPIRun.start(arguments)
    #expect(run.errorOutput.contains(words), "\(run.report)")
  }

  @Test func `a quiet training says nothing but its results`() throws {
    let run = try MPIRun.start(
      workplace.training(dataset, ["model.adaptation=none"]) + ["--quiet"], ranks: 2)
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(run.errorOutput.isEmpty, "\(run.report)")
    #expect(run.output.split(separator: "\n").count == 7, "\(run.report)")
  }

  @Test(arguments: [(2, "rank 1"), (4, "ranks 2 to 3")])
  func `several ranks show which of them train which expert, and how long they waited`(
    ranks: Int, place: String
  ) throws {
    let run = try MPIRun.start(workplace.training(dataset), ranks: ranks)
    #expect(run.exitCode == 0, "\(run.report)")
    let lines = run.errorOutput.split(separator: "\n")
    for expert in 0..<2 {
      for verb in ["begins", "has ended"] {
        let prefix = "experts, expert \(expert) (of 2) \(verb) on rank"
        #expect(lines.count { $0.hasPrefix(prefix) } == 1, "\(run.report)")
      }
    }
    #expect(lines.contains { $0.hasSuffix(" begins on \(place)") }, "\(run.report)")
    #expect(
      lines.contains { $0.hasPrefix("experts: ranks without an expert for ") }, "\(run.report)")
  }

  @Test func `training twice gives the same bytes`() throws {
    for output in ["first", "second"] {
      let run = try MPIRun.start(workplace.training(dataset, output: output))
      #expect(run.exitCode == 0, "\(run.report)")
    }
    for file in ["checkpoints/final.safetensors", "config.yaml"] {
      #expect(try workplace.bytes("first/\(file)") == workplace.bytes("second/\(file)"))
    }
  }

  @Test(arguments: [nil, 2])
  func `a run that did not finish is refused, and replaced with --overwrite`(ranks: Int?) throws {
    let training = workplace.training(dataset, ["model.adaptation=none"])
    _ = try RunDirectory(creating: workplace.path("run"), configuration: RunConfiguration())
    try expectRefusal(
      of: training,
      "\(workplace.path("run")): expected a new or empty directory, found a run that did not finish "
        + "(no results.json); go on with it (--resume), choose another directory or replace it with "
        + "--overwrite",
      ranks: ranks, in: workplace)
    let run = try MPIRun.start(training + ["--overwrite"], ranks: ranks)
    #expect(run.exitCode == 0, "\(run.report)")
    let first = try workplace.bytes("run/checkpoints/final.safetensors")
    let again = try MPIRun.start(training + ["--overwrite"], ranks: ranks)
    #expect(again.exitCode == 0, "\(again.report)")
    #expect(try workplace.bytes("run/checkpoints/final.safetensors") == first)
  }

  @Test(arguments: [nil, 2])
  func `a run that is being trained is refused, with --overwrite as well`(ranks: Int?) throws {
    let training = workplace.training(
      dataset, ["model.adaptation=none", "training.patience=1000000"])
    // A run of a million epochs, in whose course a second one is to take its place.
    let script = #"""
      . "$0"; file=$1; launcher=$2; shift 2
      timeout 60 $launcher "$@" & run=$!
      until [ -s "$file" ] || ! kill -0 $run; do :; done
      "$@" --overwrite; code=$?
      kill $run; wait $run
      exit $code
      """#
    let launcher = ranks.map { "mpirun -np \($0)" } ?? ""
    let metrics = workplace.path("run/metrics.jsonl")
    let run = try MPIRun.run(
      ["sh", "-c", script, MPIRun.settings.path, metrics, launcher, MPIRun.program]
        + training.map { $0.replacing("maximumEpochs=2", with: "maximumEpochs=1000000") }
        + ["--quiet"])
    #expect(run.exitCode == 2, "\(run.report)")
    #expect(
      run.errorOutput.contains(
        "\(workplace.path("run")): expected a new or empty directory, found a run that is being "
          + "trained; choose another directory or wait for its end\n"), "\(run.report)")
    #expect(try !workplace.bytes("run/metrics.jsonl").isEmpty)
  }

  @Test func `the configuration that a run leaves repeats it`() throws {
    let first = try MPIRun.start(workplace.training(dataset, ["model.backbone=mlp", "seed=7"]))
    #expect(first.exitCode == 0, "\(first.report)")
    let second = try MPIRun.start([
      "train", "--dataset", dataset, "--config", workplace.path("run/config.yaml"), "--output",
      workplace.path("again"),
    ])
    #expect(second.exitCode == 0, "\(second.report)")
    let file = "checkpoints/final.safetensors"
    #expect(try workplace.bytes("run/\(file)") == workplace.bytes("again/\(file)"))
  }

  @Test func `a benchmark names the rank whose rows give a number that is not finite`() throws {
    // The second batch has one row, which lies in the last shard, which the last rank owns.
    let batch = try Dataset(directory: dataset).rows(of: .train).count - 1
    let settings = ["training.globalBatch=\(batch)", "training.learningRate=1e30"]
    let run = try MPIRun.start(
      ["benchmark", "--dataset", dataset] + settings.flatMap { ["--set", $0] }, ranks: 2)
    #expect(run.exitCode == 1, "\(run.report)")
    #expect(run.errorOutput.contains(" on rank 1, for rows of domain "), "\(run.report)")
  }

  @Test(arguments: [nil, 2], [[], ["--steps", "2"], ["--set", "training.reduction=fast"]])
  func `a benchmark prints its figures`(ranks: Int?, options: [String]) throws {
    let run = try MPIRun.start(
      ["benchmark", "--dataset", dataset, "--epochs", "1", "--json"] + options
        + Workplace.quickSettings.flatMap { ["--set", $0] }, ranks: ranks)
    #expect(run.exitCode == 0, "\(run.report)")
    struct Report: Decodable {
      let phase: String
      let ranks: Int
      let minimum, median, maximum: Double
      let peakMemoryInBytes: Int
    }
    let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
    #expect(report.phase == "backbone")
    #expect(report.ranks == ranks ?? 1)
    #expect(report.minimum > 0)
    #expect(report.minimum == report.median && report.median == report.maximum)
    #expect(report.peakMemoryInBytes > 1_000_000)
  }
}
