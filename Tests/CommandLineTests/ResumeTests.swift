import Checkpoints
import Experiments
import Files
import Foundation
import TestSupport
import Testing

/// Trainings that were interrupted and go on.
@Suite(.serialized) struct ResumeTests {
  let workplace: Workplace
  private let dataset: String

  init() throws {
    workplace = try Workplace()
    dataset = try workplace.makeDataset()
  }

  /// Trains with checkpoints after every few steps.
  private func training(_ output: String = "run", _ others: [String] = []) -> [String] {
    let settings = [
      "model.embeddingWidth=4", "model.hidden=[8]", "model.adapterReduction=4",
      "training.globalBatch=64", "training.maximumEpochs=200", "training.patience=1000",
      "training.checkpoint.everySteps=20", "training.checkpoint.keep=1000",
    ]
    let keys = others.map { $0.prefix { $0 != "=" } }
    return ["train", "--dataset", dataset, "--output", workplace.path(output)]
      + (settings.filter { !keys.contains($0.prefix { $0 != "=" }) } + others)
      .flatMap { ["--set", $0] }
  }

  private func digest(_ run: String) throws -> String {
    try RunDirectory(existing: workplace.path(run)).results().parametersSHA256
  }

  /// Trains on four ranks until a checkpoint is there, and kills all of them.
  func interrupt(_ settings: [String] = [], at checkpoint: String) throws {
    let script = #"""
      . "$0"; run=$1; checkpoint=$2; shift 2
      timeout 60 mpirun -np 4 "$@" & job=$!
      until [ -d "$run/checkpoints/$checkpoint" ] || ! kill -0 $job 2>/dev/null; do :; done
      for rank in $(pgrep -f "^$1 train .*--output $run"); do kill -9 $rank; done
      wait $job
      """#
    let command = [MPIRun.program] + training("run", settings) + ["--quiet"]
    _ = try MPIRun.run(
      ["bash", "-c", script, MPIRun.settings.path, workplace.path("run"), checkpoint] + command,
      ["OMPI_MCA_btl": "vader,self"])
    try #require(!FileManager.default.fileExists(atPath: workplace.path("run/results.json")))
  }

  @Test(arguments: ["replicated", "sharded"])
  func `a checkpoint of four ranks goes on with any number of ranks to the same end`(
    tables: String
  ) throws {
    let settings = ["training.tables=\(tables)"]
    let whole = try MPIRun.start(training("whole", settings) + ["--quiet"])
    #expect(whole.exitCode == 0, "\(whole.report)")
    try interrupt(settings, at: "backbone-000000060")
    for ranks in [1, 2, 3, 8] {
      let copy = "run-\(ranks)"
      try FileManager.default.copyItem(
        atPath: workplace.path("run"), toPath: workplace.path(copy))
      let run = try MPIRun.start(["train", "--resume", workplace.path(copy)], ranks: ranks)
      #expect(run.exitCode == 0, "\(run.report)")
      #expect(run.errorOutput.contains("goes on from backbone-000000"), "\(run.report)")
      #expect(try digest(copy) == digest("whole"), "\(ranks) ranks")
      #expect(
        try records(copy) == records("whole"), "another metrics.jsonl on \(ranks) ranks")
    }
    // Whoever resumes once too often is told the same result.
    let again = try MPIRun.start(["train", "--resume", workplace.path("run-1")])
    #expect(again.exitCode == 0, "\(again.report)")
    #expect(again.output == "\(workplace.path("run-1")): parameters \(try digest("whole"))\n")
    let other = try MPIRun.start(
      ["train", "--resume", workplace.path("run-1"), "--set", "training.maximumEpochs=9"])
    #expect(
      other.errorOutput
        == "\(workplace.path("run-1")): has finished: nothing to resume, and nothing to use --set for\n",
      "\(other.report)")
  }

  @Test(arguments: [
    ["model.adaptation=mlora"], ["model.adaptation=none", "model.backbone=star"],
    ["model.adaptation=none", "training.tableUpdates=rowWise"],
    ["model.adaptation=mlora", "training.batching=perDomain", "training.tables=sharded"],
  ])
  func `other models and ways of training go on to the same end`(settings: [String]) throws {
    let whole = try MPIRun.start(training("whole", settings) + ["--quiet"], ranks: 2)
    #expect(whole.exitCode == 0, "\(whole.report)")
    try interrupt(settings, at: "backbone-000000060")
    let run = try MPIRun.start(["train", "--quiet", "--resume", workplace.path("run")], ranks: 3)
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(run.errorOutput.contains("goes on from backbone-000000"), "\(run.report)")
    #expect(try digest("run") == digest("whole"))
    #expect(try records("run") == records("whole"))
  }

  @Test(arguments: ["backbone-000000060", "expert-1-000000020", "gate-000000020"])
  func `stages of the published code go on to the same end`(checkpoint: String) throws {
    let settings = ["model.adaptation=compat", "training.maximumEpochs=60"]
    let whole = try MPIRun.start(training("whole", settings) + ["--quiet"], ranks: 2)
    #expect(whole.exitCode == 0, "\(whole.report)")
    try interrupt(settings, at: checkpoint)
    let run = try MPIRun.start(["train", "--quiet", "--resume", workplace.path("run")], ranks: 3)
    #expect(run.exitCode == 0, "\(run.report)")
    // It may have come further before it was killed.
    #expect(run.errorOutput.contains("goes on from \(checkpoint.dropLast(9))"), "\(run.report)")
    #expect(try digest("run") == digest("whole"))
    #expect(try records("run") == records("whole"))
    #expect(try results("run") == results("whole"))
  }

  @Test func `a stage has checkpoints before its first evaluation, and without any`() throws {
    let often = ["model.adaptation=compat", "training.maximumEpochs=1"]
    let rare = try MPIRun.start(training("whole", often) + ["--quiet"])
    #expect(rare.exitCode == 0, "\(rare.report)")
    for others in [[], ["--overwrite"]] {
      let run = try MPIRun.start(
        training("run", often + ["training.checkpoint.everySteps=1"]) + ["--quiet"] + others,
        ranks: 3)
      #expect(run.exitCode == 0, "\(run.report)")
      #expect(try digest("run") == digest("whole"))
    }
    let none = ["model.adaptation=compat", "training.maximumEpochs=0"]
    let run = try MPIRun.start(training("none", none) + ["--quiet"], ranks: 2)
    #expect(run.exitCode == 0, "\(run.report)")
  }

  /// The figures of a run's phases.
  private func results(_ run: String) throws -> [String] {
    try RunDirectory(existing: workplace.path(run)).results().phases.map {
      "\($0.phase) \($0.epochs) \($0.validation) \($0.test)"
    }
  }

  @Test func `another build is refused unless it is allowed`() throws {
    try interrupt(at: "backbone-000000040")
    let folder = workplace.path("run/checkpoints")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let manifest = "run/checkpoints/\(name)/manifest.json"
      guard FileManager.default.fileExists(atPath: workplace.path(manifest)) else { continue }
      let text = try workplace.text(manifest)
        .replacing(/"program SHA-256 [0-9a-f]+"/, with: "\"program SHA-256 another\"")
      try SealedManifest.write(text, to: "\(folder)/\(name)")
    }
    // They may be good ones, whatever this build thinks of them.
    let listed = try MPIRun.start(["checkpoints", workplace.path("run")])
    #expect(listed.exitCode == 0, "\(listed.report)")
    let names = try CheckpointFolder(path: folder).names
    let lines = listed.output.split(separator: "\n").dropFirst()
    #expect(lines.count { $0.hasSuffix(" valid, not compared") } == names.count, "\(listed.report)")
    // None of them is known to be one to go on from, and none is removed in its favour.
    let pruned = try MPIRun.start(["checkpoints", workplace.path("run"), "--prune", "--json"])
    #expect(pruned.exitCode == 0, "\(pruned.report)")
    let rest = try JSONDecoder().decode(CheckpointList.self, from: Data(pruned.output.utf8))
    #expect(rest.checkpoints.map(\.name) == names && names.count > 1)
    #expect(rest.checkpoints.allSatisfy { $0.fault == nil && $0.isCompared == nil })
    let command = ["train", "--quiet", "--resume", workplace.path("run")]
    let refused = try MPIRun.start(command)
    #expect(refused.exitCode == 2, "\(refused.report)")
    #expect(
      refused.errorOutput.contains(
        "\(workplace.path("run")): build: expected program SHA-256 another as in the run, found program "
          + "SHA-256 "), "\(refused.report)")
    let run = try MPIRun.start(command + ["--allow-config-change", "build"])
    #expect(run.exitCode == 0, "\(run.report)")
  }

  @Test func `a run that is being trained is not gone on with`() throws {
    try interrupt(at: "backbone-000000040")
    let lock = try FileDescriptor(locking: workplace.path("run/run.lock"))
    #expect(try lock.lock())
    let run = try MPIRun.start(["train", "--quiet", "--resume", workplace.path("run")])
    #expect(run.exitCode == 2, "\(run.report)")
    #expect(
      run.errorOutput.hasSuffix(
        "\(workplace.path("run")): expected a run that nobody trains, found one that is being trained; "
          + "wait for its end\n"), "\(run.report)")
  }

  /// The bytes of all files of a run, by path; none for a directory.
  private func contents(_ run: String) throws -> [String: Data?] {
    let paths = try workplace.contents().filter { $0.hasPrefix("\(run)/") }
    return Dictionary(uniqueKeysWithValues: paths.map { ($0, try? workplace.bytes($0)) })
  }

  /// The lines of a run's metrics, without times.
  private func records(_ run: String) throws -> [String] {
    try workplace.text("\(run)/metrics.jsonl").split(separator: "\n").map { line in
      String(line.replacing(/"(seconds|samplesPerSecond)":[-0-9.e]+/, with: ""))
    }
  }

  @Test func `damaged checkpoints are passed over, and it is said why`() throws {
    try interrupt(at: "backbone-000000060")
    let folder = "run/checkpoints"
    let names = try FileManager.default.contentsOfDirectory(atPath: workplace.path(folder))
      .filter { $0.hasPrefix("backbone-0") && !$0.hasSuffix(".partial") }.sorted()
    let newest = try #require(names.last)
    try workplace.change("\(folder)/\(newest)/part-1-of-4.safetensors") { $0[$0.count / 2] ^= 8 }
    let run = try MPIRun.start(["train", "--quiet", "--resume", workplace.path("run")], ranks: 2)
    #expect(run.exitCode == 0, "\(run.report)")
    let place = workplace.path("\(folder)/\(newest)")
    #expect(
      run.errorOutput.contains(
        "passes over \(place): \(place)/part-1-of-4.safetensors: SHA-256: expected "),
      "\(run.report)")
    let whole = try MPIRun.start(training("whole") + ["--quiet"])
    #expect(whole.exitCode == 0, "\(whole.report)")
    #expect(try digest("run") == digest("whole"))
  }

  @Test func `another configuration or dataset is refused, with the keys that differ`() throws {
    try interrupt(at: "backbone-000000040")
    let path = workplace.path("run")
    try FileManager.default.createDirectory(
      atPath: "\(path)/checkpoints/gate-000000001.partial", withIntermediateDirectories: false)
    let contents = try contents("run")
    func refusal(_ arguments: [String]) throws -> String {
      let run = try MPIRun.start(["train", "--resume", path] + arguments)
      #expect(run.exitCode == 2, "\(run.report)")
      let ranks = try MPIRun.start(["train", "--resume", path] + arguments, ranks: 2)
      #expect(ranks.exitCode == 2, "\(ranks.report)")
      let line = String(run.errorOutput.split(separator: "\n").last ?? "")
      #expect(
        ranks.errorOutput.contains(line.replacing("moe-mlora: error: ", with: "")),
        "\(ranks.report)")
      return line
    }
    #expect(
      try refusal(["--set", "seed=5", "--set", "training.backbone.patience=7"])
        == "moe-mlora: error: \(path): seed, training.backbone.patience: expected 123, 1000 as in the "
        + "run, found 5, 7")
    #expect(
      try refusal(["--allow-config-change", "model.hidden"])
        .contains(
          "expected build, or a maximumEpochs or patience of training or a phase, found model.hidden"
        )
    )
    let other = try workplace.makeDataset("other", seed: 9)
    #expect(try refusal(["--dataset", other]).contains("\(path): dataset: expected synthetic, "))
    #expect(
      try refusal(["--output", path]).contains("--output and --resume: expected one of them"))
    #expect(try self.contents("run") == contents, "a refused run was changed")
    // The run is known without a checkpoint, too.
    let checkpoints = try FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints")
      .filter { $0.hasPrefix("backbone-") }
    for name in checkpoints {
      try FileManager.default.moveItem(
        atPath: "\(path)/checkpoints/\(name)", toPath: workplace.path(name))
    }
    #expect(try refusal(["--set", "seed=5"]).contains("\(path): seed: expected 123 as in the run"))
    for name in checkpoints {
      try FileManager.default.moveItem(
        atPath: workplace.path(name), toPath: "\(path)/checkpoints/\(name)")
    }
    let run = try MPIRun.start(
      [
        "train", "--quiet", "--resume", path, "--set", "training.maximumEpochs=2",
        "--allow-config-change", "training.maximumEpochs",
      ])
    #expect(run.exitCode == 0, "\(run.report)")
  }

  @Test(arguments: [
    ("moe", "backbone-0", "one"), ("moe", "expert-", "one"), ("moe", "expert-", "all"),
    ("moe", "gate-0", "all"), ("compat", "backbone-0", "all"), ("compat", "expert-1", "one"),
  ])
  func `asked to stop, all ranks write a checkpoint and end well`(
    point: (adaptation: String, task: String, ranks: String)
  ) throws {
    let settings = ["model.adaptation=\(point.adaptation)"]
    let script = #"""
      . "$0"; run=$1; task=$2; whom=$3; shift 3
      timeout 60 mpirun -np 3 "$@" & job=$!
      until ls "$run/checkpoints" 2>/dev/null | grep -q "^$task" || ! kill -0 $job; do :; done
      if [ $whom = all ]; then kill -USR1 $(pgrep -P $job mpirun)
      else kill -USR1 "$(pgrep -f "^$1 train .*--output $run" | tail -1)"; fi
      wait $job
      """#
    let command = [MPIRun.program] + training("run", settings) + ["--quiet"]
    let run = try MPIRun.run(
      ["bash", "-c", script, MPIRun.settings.path, workplace.path("run"), point.task, point.ranks]
        + command, ["OMPI_MCA_btl": "vader,self"])
    #expect(run.exitCode == 0, "\(run.report)")
    let remedy =
      "stopped, as was asked for; to go on: moe-mlora train --resume \(workplace.path("run"))\n"
    #expect(run.errorOutput.hasSuffix(remedy), "\(run.report)")
    let resumed = try MPIRun.start(
      ["train", "--quiet", "--resume", workplace.path("run")], ranks: 2)
    #expect(resumed.exitCode == 0, "\(resumed.report)")
    let whole = try MPIRun.start(training("whole", settings) + ["--quiet"])
    #expect(whole.exitCode == 0, "\(whole.report)")
    #expect(try digest("run") == digest("whole"))
  }

  @Test func `a signal ends a resumed run at once that writes no checkpoints`() throws {
    try interrupt(at: "backbone-000000060")
    let script = #"""
      . "$0"; run=$1; shift
      timeout 60 mpirun -np 2 "$@" & job=$!
      until [ -s "$run/metrics.jsonl" ] || ! kill -0 $job; do :; done
      kill -USR1 "$(pgrep -f "^$1 train .*--resume $run" | tail -1)"
      wait $job
      """#
    try workplace.remove("run/metrics.jsonl")
    let run = try MPIRun.run(
      ["bash", "-c", script, MPIRun.settings.path, workplace.path("run"), MPIRun.program]
        + ["train", "--quiet", "--resume", workplace.path("run")]
        + ["training.checkpoint.everySteps=0", "training.checkpoint.everySeconds=0"]
        .flatMap { ["--set", $0] }, ["OMPI_MCA_btl": "vader,self"])
    #expect(run.exitCode != 0 && run.exitCode != 124, "\(run.report)")
    let resumed = try MPIRun.start(["train", "--quiet", "--resume", workplace.path("run")])
    #expect(resumed.exitCode == 0, "\(resumed.report)")
  }

  @Test(arguments: [("nextSample", 7), ("step", 1_000_000), ("epoch", 1), ("blockRows", 16)])
  func `a checkpoint that cannot come in the training is passed over for the one before`(
    change: (key: String, value: Int)
  ) throws {
    try interrupt(at: "backbone-000000060")
    let listed = try MPIRun.start(["checkpoints", workplace.path("run"), "--json"])
    let list = try JSONDecoder().decode(CheckpointList.self, from: Data(listed.output.utf8))
    #expect(list.checkpoints.count > 1 && list.datasetFault == nil, "\(listed.report)")
    let folder = "run/checkpoints/\(list.checkpoints[0].name.text)"
    let text = try workplace.text("\(folder)/manifest.json").replacing(
      try Regex("\"\(change.key)\":[0-9]+"), with: "\"\(change.key)\":\(change.value)")
    try SealedManifest.write(text, to: workplace.path(folder))
    let verified = try MPIRun.start(["checkpoints", workplace.path("run")])
    #expect(verified.exitCode == 2, "\(verified.report)")
    let run = try MPIRun.start(["train", "--quiet", "--resume", workplace.path("run")], ranks: 2)
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(
      run.errorOutput.contains("passes over \(workplace.path(folder)): "), "\(run.report)")
    #expect(
      run.errorOutput.contains("goes on from \(list.checkpoints[1].name.text)\n"), "\(run.report)")
    let whole = try MPIRun.start(training("whole") + ["--quiet"])
    #expect(whole.exitCode == 0, "\(whole.report)")
    #expect(try digest("run") == digest("whole"))
  }

  @Test(arguments: [nil, 2]) func `a directory without a run is refused`(ranks: Int?) throws {
    try expectRefusal(
      of: ["train", "--resume", workplace.path("nothing")],
      "\(workplace.path("nothing")): expected the directory of a run, found no config.yaml in it",
      ranks: ranks, in: workplace)
  }

  @Test func `killed at ten points, on any number of ranks, runs end with the same parameters`()
    throws
  {
    let script = MPIRun.packageFolder.appending(path: "scripts/kill-sweep").path
    let run = try MPIRun.run(
      ["timeout", "300", script, "--points", "10", "--seed", "3", "--program", MPIRun.program], [:])
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(
      run.output.contains("\n10 of 10 runs ended with the parameters of the"), "\(run.report)")
  }
}
