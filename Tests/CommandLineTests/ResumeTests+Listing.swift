import Checkpoints
import Experiments
import Foundation
import TestSupport
import Testing

// The checkpoints of trainings that were interrupted.

extension ResumeTests {
  @Test func `checkpoints are listed, damaged ones found, and pruned`() throws {
    try interrupt(at: "backbone-000000060")
    let path = workplace.path("run")
    let list = try MPIRun.start(["checkpoints", path])
    #expect(list.exitCode == 0, "\(list.report)")
    let lines = list.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("checkpoint ") == true && lines.count > 3, "\(list.report)")
    #expect(lines.contains { $0.hasPrefix("backbone-000000060 ") && $0.hasSuffix(" valid") })
    // The best parameters are written once, and linked to until there are better ones.
    let valid = lines.filter { $0.hasPrefix("backbone-0") && $0.hasSuffix(" valid") }
    let best = try valid.map { line in
      let file = "\(path)/checkpoints/\(line.prefix { $0 != " " })/best-3-of-4.safetensors"
      return try FileManager.default.attributesOfItem(atPath: file)[.referenceCount] as? Int ?? 0
    }
    #expect(best.contains { $0 > 1 }, "\(best)")
    try workplace.change("run/checkpoints/backbone-000000060/part-3-of-4.safetensors") {
      $0[99] ^= 1
    }
    let damaged = try MPIRun.start(["checkpoints", path])
    #expect(damaged.exitCode == 2, "\(damaged.report)")
    #expect(
      damaged.errorOutput
        == "moe-mlora: error: \(path): expected valid checkpoints, found 1 that is not\n")
    let pruned = try MPIRun.start(["checkpoints", path, "--prune", "--json"])
    #expect(pruned.exitCode == 0, "\(pruned.report)")
    let rest = try JSONDecoder().decode(CheckpointList.self, from: Data(pruned.output.utf8))
    #expect(
      rest.checkpoints.count == 1 && rest.leftovers.isEmpty && rest.checkpoints[0].fault == nil)
    #expect(rest.checkpoints[0].phase == "backbone", "\(pruned.report)")
  }

  @Test func `without the run's data checkpoints are listed, and it is said`() throws {
    try interrupt(at: "backbone-000000060")
    try workplace.remove("data")
    _ = try workplace.makeDataset(seed: 9)
    let other = try MPIRun.start(["checkpoints", workplace.path("run")])
    #expect(other.exitCode == 0, "\(other.report)")
    #expect(
      other.errorOutput.hasPrefix(
        "checkpoints are not compared with the run's data: \(workplace.path("run")): dataset: expected "
      ),
      "\(other.report)")
    // None is known to be the one to go on from, and none is removed in its favour.
    let folder = "\(workplace.path("run"))/checkpoints"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasPrefix("backbone-") && !$0.contains(".") }
    #expect(names.count > 1)
    let pruned = try MPIRun.start(["checkpoints", workplace.path("run"), "--prune"])
    #expect(pruned.exitCode == 0, "\(pruned.report)")
    #expect(names.allSatisfy { FileManager.default.fileExists(atPath: "\(folder)/\($0)") })
    try workplace.remove("data")
    let listed = try MPIRun.start(["checkpoints", workplace.path("run")], ranks: 2)
    #expect(listed.exitCode == 0, "\(listed.report)")
    #expect(
      listed.errorOutput.hasPrefix(
        "checkpoints are not compared with the run's data: cannot open \(workplace.path("data"))/dataset.json: "
      ),
      "\(listed.report)")
  }

  @Test func `an older checkpoint of another run and build is not removed`() throws {
    try interrupt(at: "backbone-000000060")
    let folder = CheckpointFolder(path: workplace.path("run/checkpoints"))
    let names = try folder.names
    #expect(names.count > 1)
    let text = try workplace.text("run/checkpoints/\(names[1].text)/manifest.json")
      .replacing(/"seed":"[0-9]+"/, with: "\"seed\":\"9876\"")
      .replacing(/"program SHA-256 [0-9a-f]+"/, with: "\"program SHA-256 another\"")
    try SealedManifest.write(text, to: folder.path(of: names[1]))
    let list = try MPIRun.start(["checkpoints", workplace.path("run"), "--prune"])
    #expect(list.exitCode == 0, "\(list.report)")
    #expect(try folder.names.prefix(2) == names.prefix(2), "\(list.report)")
  }

  @Test func `what is in the way of a training is told before it is resumed`() throws {
    try interrupt(at: "backbone-000000060")
    let folder = workplace.path("run/checkpoints")
    let file = "\(folder)/gate-000000001.partial/notes.txt"
    let newest = try #require(CheckpointFolder(path: folder).names.first).text
    for name in ["gate-000000001.partial", "gate-000000002.removed", "\(newest).removed"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: false)
      try Data().write(to: URL(filePath: "\(folder)/\(name)/notes.txt"))
    }
    let list = try MPIRun.start(["checkpoints", workplace.path("run"), "--json"])
    #expect(list.exitCode == 2, "\(list.report)")
    #expect(
      list.errorOutput.hasSuffix(
        "run: expected no leftovers of checkpoints that a training could not remove, found 2\n"),
      "\(list.report)")
    let faults = try JSONDecoder().decode(CheckpointList.self, from: Data(list.output.utf8))
      .leftoverFaults
    // A name that is not there any more is nothing that a training would come to.
    #expect(
      faults?.keys.sorted() == [
        "\(folder)/\(newest).removed", "\(folder)/gate-000000001.partial",
      ], "\(list.report)")
    for file in ["\(folder)/\(newest).removed/notes.txt", file] {
      let fault = "\(file): expected a file of a checkpoint, found another one"
      #expect(faults?.values.contains(fault) == true, "\(list.report)")
      let run = try MPIRun.start(["train", "--resume", workplace.path("run")])
      #expect(run.exitCode == 2 && run.errorOutput.hasSuffix("\(fault)\n"), "\(run.report)")
      try FileManager.default.removeItem(atPath: file)
    }
  }

  @Test func `a checkpoint of another run is told, costs no other one, and is not removed`() throws
  {
    try interrupt(at: "backbone-000000060")
    let folder = CheckpointFolder(path: workplace.path("run/checkpoints"))
    let names = try folder.names
    #expect(names.count > 1)
    let text = try workplace.text("run/checkpoints/\(names[0].text)/manifest.json")
    let other = text.replacing(/"seed":"[0-9]+"/, with: "\"seed\":\"9876\"")
    #expect(other != text)
    try SealedManifest.write(other, to: folder.path(of: names[0]))
    for _ in 0..<2 {
      let list = try MPIRun.start(["checkpoints", workplace.path("run"), "--prune", "--json"])
      #expect(list.exitCode == 2, "\(list.report)")
      let checkpoints = try JSONDecoder().decode(CheckpointList.self, from: Data(list.output.utf8))
        .checkpoints
      // Of those before it the newest.
      #expect(checkpoints.map(\.name) == [names[0], names[1]], "\(list.report)")
      #expect(checkpoints.map(\.isUnread) == [true, nil] && checkpoints[1].isCompared == true)
      #expect(
        checkpoints[0].fault?.hasSuffix(
          ": expected a checkpoint of this run, found one with another seed") == true,
        "\(list.report)")
    }
    let run = try MPIRun.start(["train", "--resume", workplace.path("run")])
    #expect(run.exitCode == 2, "\(run.report)")
    let manifest = "\(folder.path(of: names[0]))/manifest.json"
    #expect(
      run.errorOutput.hasSuffix("\(manifest): seed: expected 123 as in the run, found 9876\n"),
      "\(run.report)")
  }

  @Test func `a checkpoint under another's name is not valid, and costs no other one`() throws {
    try interrupt(at: "backbone-000000060")
    let folder = workplace.path("run/checkpoints")
    try FileManager.default.copyItem(
      atPath: "\(folder)/backbone-000000040", toPath: "\(folder)/backbone-900000000")
    let pruned = try MPIRun.start(["checkpoints", workplace.path("run"), "--prune", "--json"])
    #expect(pruned.exitCode == 0, "\(pruned.report)")
    let rest = try JSONDecoder().decode(CheckpointList.self, from: Data(pruned.output.utf8))
    #expect(rest.checkpoints.count == 1 && rest.checkpoints[0].fault == nil, "\(pruned.report)")
    #expect(rest.checkpoints[0].name.text != "backbone-900000000", "\(pruned.report)")
  }
}
