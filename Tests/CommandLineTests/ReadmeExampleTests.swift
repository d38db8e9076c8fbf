import Experiments
import Foundation
import TestSupport
import Testing

/// What the README shows.
@Suite struct ReadmeExampleTests {
  @Test(.enabled(if: Python.has("numpy")), arguments: ["none", "mlora", "moe"])
  func `its Python reads a checkpoint and computes the digest`(adaptation: String) throws {
    let workplace = try Workplace()
    let run = try workplace.makeRun(["model.adaptation=\(adaptation)"])
    let readme = try String(
      contentsOf: MPIRun.packageFolder.appending(path: "README.md"), encoding: .utf8)
    let section = try #require(readme.components(separatedBy: "\n### Checkpoint\n").last)
    let example = try #require(section.firstMatch(of: /\n```python\n((?s).*?)```\n/))
    let checkpoint = "\(run)/checkpoints/final.safetensors"
    let output = try #require(Python.output(of: String(example.1), [checkpoint]))

    let lines = output.split(separator: "\n")
    #expect(try String(lines.last ?? "") == RunDirectory(existing: run).results().parametersSHA256)
    #expect(lines.contains("tower.0.weight (12, 8)"), "\(output)")
    #expect(lines.contains { $0.hasPrefix("gate.weight ") } == (adaptation == "moe"), "\(output)")
  }

  @Test(.enabled(if: Python.has("safetensors.numpy")))
  func `its Python reads a checkpoint of any number of ranks`() throws {
    let workplace = try Workplace()
    let readme = try String(
      contentsOf: MPIRun.packageFolder.appending(path: "README.md"), encoding: .utf8)
    let section = try #require(
      readme.components(separatedBy: "\n## Checkpoints and resuming\n").last)
    let example = try #require(section.firstMatch(of: /\n```python\n((?s).*?)```\n/))
    // The tables of a run with experts are those that the backbone left.
    let comparison = #"""

      final = safetensors.numpy.load_file(f"{folder}/../final.safetensors")
      tables = [tensor for name, tensor in final.items() if name.startswith("embedding.")]
      assert sum(map(len, tables)) == len(embedding)
      for table in tables:
          assert any((embedding[i:i + len(table)] == table).all() for i in range(len(embedding)))
      """#.replacing("\n      ", with: "\n")
    let dataset = try workplace.makeDataset()
    for ranks in [1, 3] {
      let run = try MPIRun.start(workplace.training(dataset, output: "run-\(ranks)"), ranks: ranks)
      try #require(run.exitCode == 0, "\(run.report)")
      let checkpoint = workplace.path("run-\(ranks)/checkpoints/backbone-finished")
      let output = try #require(
        Python.output(of: String(example.1) + comparison, [checkpoint]), "\(ranks) ranks")
      #expect(output.contains("\nembedding (37, 4)\n"), "\(output)")
      #expect(output.contains("values.tower.0.weight (12, 8)\n"), "\(output)")
    }
  }

  @Test(.enabled(if: Python.has("numpy")), arguments: ["none", "mlora", "moe"])
  func `its Python predicts by exported weights as the program does`(adaptation: String) throws {
    let workplace = try Workplace()
    let run = try workplace.makeRun(["model.adaptation=\(adaptation)"])
    let readme = try String(
      contentsOf: MPIRun.packageFolder.appending(path: "README.md"), encoding: .utf8)
    let section = try #require(readme.components(separatedBy: "\n## Exporting weights\n").last)
    let example = try #require(section.firstMatch(of: /\n```python\n((?s).*?)```\n/))
    let export = try MPIRun.start(["export", run, "--merge-domain", "0"])
    try #require(export.exitCode == 0, "\(export.report)")
    let output = try #require(
      Python.output(of: String(example.1), ["\(run)-domain-0.safetensors"]))
    let found = output.split { "[] \n".contains($0) }.compactMap { Double($0) }

    let rows = try workplace.write("uid,pid,domain\n1,3,0\n2,4,0\n", to: "rows.csv")
    let answers = workplace.path("answers.csv")
    let prediction = try MPIRun.start(["predict", run, "--input", rows, "--output", answers])
    try #require(prediction.exitCode == 0, "\(prediction.report)")
    let expected = try workplace.text("answers.csv").split(separator: "\n").dropFirst()
      .compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
    #expect(found.count == 2 && expected.count == 2, "\(output)")
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-6 }, "\(output) \(expected)")
  }

  @Test(.enabled(if: Python.has("numpy"))) func `its Python makes a dataset of other fields`()
    throws
  {
    let workplace = try Workplace()
    let readme = try String(
      contentsOf: MPIRun.packageFolder.appending(path: "README.md"), encoding: .utf8)
    let section = try #require(readme.components(separatedBy: "\n### Dataset\n").last)
    let example = try #require(section.firstMatch(of: /\n```python\n((?s).*?)```\n/))
    let dataset = workplace.path("data")
    try #require(Python.output(of: String(example.1), [dataset]) != nil)
    for backbone in ["wdl", "fibinet", "star"] {
      let adaptation = backbone == "star" ? "none" : "moe"
      let run = try MPIRun.start(
        workplace.training(
          dataset, output: backbone,
          ["model.backbone=\(backbone)", "model.adaptation=\(adaptation)"]))
      #expect(run.exitCode == 0, "\(run.report)")
    }
    let rows = try workplace.write("hour,user,item,domain\n23,49,29,1\n", to: "rows.csv")
    let prediction = try MPIRun.start([
      "predict", workplace.path("wdl"), "--input", rows, "--output", workplace.path("answers.csv"),
    ])
    #expect(prediction.exitCode == 0, "\(prediction.report)")
  }

  @Test func `a tensor of one row is a vector in a checkpoint, as it says`() throws {
    let workplace = try Workplace()
    let training = try workplace.training(workplace.makeDataset()).map {
      $0.replacing("hidden=[8]", with: "hidden=[8,1]").replacing("Reduction=4", with: "Reduction=9")
    }
    let run = try MPIRun.start(training)
    try #require(run.exitCode == 0, "\(run.report)")
    let checkpoint = try workplace.bytes("run/checkpoints/final.safetensors")
    let header = String(decoding: checkpoint.prefix(16_384), as: UTF8.self)
    for (name, shape) in [
      ("tower.0.experts.0.down", "[12,1]"), ("tower.0.experts.0.up", "[8]"),
      ("tower.0.weight", "[12,8]"), ("tower.0.bias", "[8]"), ("head.weight", "[1]"),
    ] {
      #expect(header.contains("\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),"))
    }
  }
}
