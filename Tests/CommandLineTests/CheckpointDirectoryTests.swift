import Experiments
import Files
import Foundation
import TestSupport
import Testing

/// Directories that checkpoints are written to, their own and others.
@Suite struct CheckpointDirectoryTests {
  private let workplace: Workplace
  private let dataset: String

  init() throws {
    workplace = try Workplace()
    dataset = try workplace.makeDataset()
  }

  /// Trains with checkpoints in a directory.
  private func training(_ output: String = "run", to folder: String) -> [String] {
    workplace.training(
      dataset, output: output,
      ["model.adaptation=none", "training.checkpoint.directory=\(folder)"])
  }

  @Test func `a directory of checkpoints is one run's`() throws {
    let folder = workplace.path("elsewhere")
    let first = try MPIRun.start(training(to: folder), ranks: 2)
    #expect(first.exitCode == 0, "\(first.report)")
    #expect(try workplace.contents().contains("elsewhere/backbone-finished/manifest.json"))
    try expectRefusal(
      of: training("other", to: folder),
      "\(folder): expected a new or empty directory, found backbone-finished in it", in: workplace)
    try expectRefusal(
      of: training(to: folder) + ["--overwrite"],
      "\(folder): expected a new or empty directory, found backbone-finished in it", in: workplace)
  }

  @Test(arguments: [nil, 2])
  func `a place where no checkpoint can be written is refused before training`(ranks: Int?) throws {
    let file = try workplace.write("", to: "file")
    let expected = "expected a directory to write to, or a new one in such a directory, found: "
    for (place, reason) in [
      (file, "Not a directory"), ("\(file)/below", "Not a directory"),
      (workplace.path("missing/below"), "No such file or directory"),
    ] {
      try expectRefusal(
        of: training(to: place),
        "\(place): training.checkpoint.directory: \(expected)\(reason)", ranks: ranks, in: workplace
      )
    }
  }

  @Test func `two trainings do not write to one directory of checkpoints`() throws {
    let folder = workplace.path("elsewhere")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let lock = try FileDescriptor(locking: "\(folder)/run.lock")
    #expect(try lock.lock())
    try expectRefusal(
      of: training(to: folder),
      "\(folder): training.checkpoint.directory: expected a directory of no other run, found one that a "
        + "training writes to", in: workplace)
  }

  @Test(arguments: ["run", "run/checkpoints", "run/others/too"])
  func `a run's own directory is no other place for checkpoints`(place: String) throws {
    let folder = workplace.path(place)
    try expectRefusal(
      of: training(to: folder),
      "\(folder): training.checkpoint.directory: expected a directory to write to, or a new one in such a directory, "
        + "found: it is in the run's own directory, which has a place for them",
      in: workplace)
    #expect(!FileManager.default.fileExists(atPath: workplace.path("run")))
  }

  /// The link is one that was there when the run began.
  @Test(arguments: [false, true])
  func `checkpoints where another training writes are not pruned`(isLink: Bool) throws {
    let folder = workplace.path("elsewhere")
    let place = isLink ? workplace.path("link") : folder
    if isLink {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: folder)
    }
    let run = try MPIRun.start(training(to: place))
    #expect(run.exitCode == 0, "\(run.report)")
    let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let lock = try FileDescriptor(locking: "\(folder)/run.lock")
    #expect(try lock.lock())
    let pruned = try MPIRun.start(["checkpoints", workplace.path("run"), "--prune"])
    #expect(pruned.exitCode == 2, "\(pruned.report)")
    #expect(
      pruned.errorOutput.hasPrefix("moe-mlora: error: \(place): training.checkpoint.directory: "),
      "\(pruned.report)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
  }

  /// As when the device is not there that they are on: nothing is begun anew.
  @Test(arguments: [nil, 2])
  func `checkpoints that are not where they were are not taken for none`(ranks: Int?) throws {
    let folder = workplace.path("elsewhere")
    let run = try MPIRun.start(training(to: folder))
    #expect(run.exitCode == 0, "\(run.report)")
    try workplace.remove("run/results.json")
    try FileManager.default.moveItem(atPath: folder, toPath: workplace.path("moved"))
    let gone =
      "\(folder): training.checkpoint.directory: expected the directory with the run's checkpoints, found nothing"
    for command in [
      ["checkpoints"], ["checkpoints", "--prune"], ["train", "--dataset", dataset, "--resume"],
    ] {
      try expectRefusal(
        of: command + [workplace.path("run")], gone, ranks: ranks, in: workplace)
    }
  }

  @Test(arguments: [nil, 2])
  func `a directory that no run has used is not taken for that of an interrupted one`(
    ranks: Int?
  ) throws {
    let folder = workplace.path("elsewhere")
    let run = try MPIRun.start(training(to: folder))
    #expect(run.exitCode == 0, "\(run.report)")
    try workplace.remove("run/results.json")
    try workplace.remove("elsewhere")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for command in [["checkpoints"], ["train", "--dataset", dataset, "--resume"]] {
      try expectRefusal(
        of: command + [workplace.path("run")],
        "\(folder): training.checkpoint.directory: expected the directory with the run's checkpoints, found no "
          + "run.lock in it", ranks: ranks, in: workplace)
    }
  }

  @Test(arguments: [[], ["--overwrite"]])
  func `a link that leads nowhere is no place for a run`(options: [String]) throws {
    try FileManager.default.createSymbolicLink(
      atPath: workplace.path("run"), withDestinationPath: workplace.path("nowhere"))
    try expectRefusal(
      of: workplace.training(dataset) + options,
      "\(workplace.path("run")): expected a directory, found a link that leads nowhere",
      in: workplace)
  }

  @Test func `what somebody else put among checkpoints stays`() throws {
    let settings = ["model.adaptation=none", "training.checkpoint.everySteps=1"]
    let run = try MPIRun.start(workplace.training(dataset, settings))
    #expect(run.exitCode == 0, "\(run.report)")
    let digest = try RunDirectory(existing: workplace.path("run")).results().parametersSHA256
    try workplace.remove("run/results.json")
    let removed = "run/checkpoints/backbone-000000001.removed/folder"
    try workplace.write("mine", to: "\(removed)/notes")
    // What the training would come to is refused before it begins.
    for inTheWay in ["backbone-finished/folder", "backbone-000000002.partial/folder"] {
      let path = "run/checkpoints/\(inTheWay)"
      try workplace.write("mine", to: "\(path)/notes")
      let refused = try MPIRun.start(["train", "--resume", workplace.path("run")])
      #expect(refused.exitCode == 2, "\(refused.report)")
      #expect(
        refused.errorOutput
          == "moe-mlora: error: \(workplace.path(path)): expected a file of a checkpoint, found a directory\n",
        "\(refused.report)")
      let pruned = try MPIRun.start(["checkpoints", "--prune", workplace.path("run")])
      #expect(pruned.exitCode == 2, "\(pruned.report)")
      #expect(try workplace.text("\(path)/notes") == "mine")
      try workplace.remove(path)
    }
    let resumed = try MPIRun.start(["train", "--resume", workplace.path("run")], ranks: 2)
    #expect(resumed.exitCode == 0, "\(resumed.report)")
    #expect(
      resumed.errorOutput.contains(
        "passes over \(workplace.path(removed.replacing("/folder", with: ""))): "),
      "\(resumed.report)")
    #expect(try workplace.text("\(removed)/notes") == "mine")
    #expect(
      try RunDirectory(existing: workplace.path("run")).results().parametersSHA256 == digest)
  }

  @Test func `a run is not replaced that has other files among its checkpoints`() throws {
    let first = try MPIRun.start(workplace.training(dataset, ["model.adaptation=none"]))
    #expect(first.exitCode == 0, "\(first.report)")
    let file = "checkpoints/backbone-finished/notes.txt"
    try workplace.write("mine", to: "run/\(file)")
    try expectRefusal(
      of: workplace.training(dataset) + ["--overwrite"],
      "\(workplace.path("run")): expected a run, of which --overwrite replaces the files, found \(file) in it",
      in: workplace)
    #expect(try workplace.text("run/\(file)") == "mine")
  }

  @Test(arguments: [nil, 2])
  func `a link that leads nowhere is no empty directory of checkpoints`(ranks: Int?) throws {
    let run = try MPIRun.start(workplace.training(dataset, ["model.adaptation=none"]))
    #expect(run.exitCode == 0, "\(run.report)")
    try workplace.remove("run/results.json")
    let folder = workplace.path("run/checkpoints")
    try FileManager.default.moveItem(atPath: folder, toPath: workplace.path("moved"))
    try FileManager.default.createSymbolicLink(
      atPath: folder, withDestinationPath: workplace.path("nowhere"))
    for command in [
      ["checkpoints"], ["checkpoints", "--prune"], ["train", "--dataset", dataset, "--resume"],
    ] {
      try expectRefusal(
        of: command + [workplace.path("run")],
        "\(folder): expected a directory, found a link that leads nowhere", ranks: ranks,
        in: workplace)
    }
  }
}
