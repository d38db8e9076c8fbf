import Checkpoints
import Experiments
import Features
import Foundation
import Kernels
import Models
import TestSupport
import Testing

@Suite(.serialized) struct ExportCommandTests {
  private let workplace: Workplace

  init() throws { workplace = try Workplace() }

  /// Exports the run; returns the path of the file.
  private func export(_ arguments: [String] = [], ranks: Int? = nil) throws -> String {
    let file = workplace.path("weights.safetensors")
    let result = try MPIRun.start(
      ["export", workplace.path("run"), "--output", file] + arguments, ranks: ranks)
    #expect(result.exitCode == 0, "\(result.report)")
    #expect(result.output.isEmpty, "\(result.report)")
    #expect(result.errorOutput.contains("\(file): "), "\(result.report)")
    return file
  }

  /// A line for each tensor of a file.
  private func tensors(_ path: String) throws -> [String] {
    try TensorFile(reading: path).header.tensors.map { "\($0.name) \($0.shape)" }
  }

  private static let ends = [
    "tower.0.weight [12, 8]", "tower.0.bias [8]", "head.weight [8, 1]", "head.bias [1]",
    "embedding.uid [20, 4]", "embedding.pid [15, 4]", "embedding.domain [2, 4]",
    "wide.uid [20, 1]", "wide.pid [15, 1]", "wide.domain [2, 1]",
  ]

  @Test func `names and shapes are those that other programs were written for`() throws {
    _ = try workplace.makeRun()
    #expect(
      try tensors(export()) == [
        "gate.embedding [2, 4]", "gate.weight [4, 2]", "gate.bias [2]",
        "tower.0.experts.0.down [12, 2]", "tower.0.experts.0.up [2, 8]",
        "tower.0.experts.0.bias [8]",
        "tower.0.experts.1.down [12, 2]", "tower.0.experts.1.up [2, 8]",
        "tower.0.experts.1.bias [8]",
      ] + Self.ends)
    #expect(try tensors(export(["--merge-domain", "1", "--overwrite"])) == Self.ends)
  }

  @Test func `the tensors are those of the run, and the metadata says of which`() throws {
    let run = try RunDirectory(existing: workplace.makeRun())
    let file = try TensorFile(reading: export(["--format", "safetensors"], ranks: 3))
    let results = try run.results()
    let model = try TrainedModel(of: run).model
    var parameters = Buffer(model.layout)
    try file.read(model.layout.entries, into: &parameters)
    let metadata = file.header.metadata
    #expect(metadata["sha256"] == results.parametersSHA256)
    #expect(metadata["run.parametersSHA256"] == results.parametersSHA256)
    #expect(metadata["dataset"] == results.dataset.fingerprint)
    #expect(metadata["format"] == "moe-mlora weights" && metadata["formatVersion"] == "1")
    #expect(metadata["model.backbone"] == "wdl" && metadata["model.adaptation"] == "moe")
    #expect(metadata["model.hidden"] == "[8]" && metadata["model.embeddingWidth"] == "4")
    #expect(metadata.keys.allSatisfy { !$0.hasPrefix("merged.") })
    let schema = try JSONDecoder().decode(Schema.self, from: Data((metadata["schema"] ?? "").utf8))
    #expect(schema == model.schema)
  }

  /// The logits that the package's own model without adaptation computes from a file.
  private func logits(_ batch: Batch, _ path: String, _ schema: Schema) throws -> [Float] {
    let file = try TensorFile(reading: path)
    let backbone = file.header.metadata["model.backbone"].flatMap(BackboneKind.init)
    var configuration = ModelConfiguration()
    configuration.backbone = try #require(backbone)
    configuration.adaptation = .none
    configuration.embeddingWidth = 4
    configuration.hidden = [8]
    let model = Model(configuration, schema: schema, capacity: batch.count)
    var parameters = Buffer(model.layout)
    try file.read(model.layout.entries, into: &parameters)
    return logits(batch, model, parameters, .backbone)
  }

  private func logits(
    _ batch: Batch, _ model: Model, _ parameters: borrowing Buffer, _ mode: ModelMode
  ) -> [Float] {
    useOneThread()
    var workspace = ModelWorkspace(model)
    model.prepare(parameters, mode: mode, workspace)
    model.forward(batch, parameters: parameters, mode: mode, dropout: nil, &workspace)
    let span = model.logits(workspace)
    return (0..<span.count).map { span[$0] }
  }

  /// All pairs of users and ten items in one domain.
  private func pairs(domain: Int) -> Batch {
    var batch = Batch(capacity: 200, fieldCount: 3)
    batch.resize(to: 200)
    for row in 0..<200 {
      batch.domains[row] = Int32(domain)
      batch.samples[row] = row
      for (field, id) in [row % 20, row / 20, domain].enumerated() {
        batch.ids[field * batch.capacity + row] = Int32(id)
      }
    }
    return batch
  }

  @Test(arguments: [
    ("wdl", "none"), ("wdl", "mlora"), ("wdl", "moe"), ("wdl", "compat"), ("xdeepfm", "compat"),
    ("dcn", "mlora"), ("sharedBottom", "none"), ("star", "none"),
  ])
  func `a merged file predicts what the run does`(backbone: String, adaptation: String) throws {
    let directory = try workplace.makeRun([
      "model.backbone=\(backbone)", "model.adaptation=\(adaptation)",
    ])
    let trained = try TrainedModel(of: RunDirectory(existing: directory))
    for (domain, name) in ["synthetic_0", "synthetic_1"].enumerated() {
      let batch = pairs(domain: domain)
      let expected = logits(batch, trained.model, trained.parameters, trained.mode)
      let file = try export(["--merge-domain", domain == 0 ? "0" : name, "--overwrite"])
      let found = try logits(batch, file, trained.model.schema)
      #expect(zip(expected, found).allSatisfy { abs($0 - $1) <= 1e-6 })
      #expect(Set(found).count > 100)
      let metadata = try TensorFile(reading: file).header.metadata
      #expect(metadata["merged.domain"] == "\(domain)")
      #expect(metadata["merged.domainName"] == name)
      #expect(metadata["merged.backbone"] == backbone)
      #expect(metadata["merged.adaptation"] == adaptation)
      let mixes = ["moe", "compat"].contains(adaptation)
      #expect((metadata["merged.expertWeights"] != nil) == mixes)
    }
  }

  @Test func `where there is nothing to fold the weights stay, and that is said`() throws {
    let run = try workplace.makeRun(["model.adaptation=none"])
    let file = workplace.path("run-domain-1.safetensors")
    let result = try MPIRun.start(["export", run, "--merge-domain", "1"])
    #expect(result.exitCode == 0, "\(result.report)")
    #expect(
      result.errorOutput == """
        \(run): no adaptation to fold: the weights stay as they are
        \(file): 10 tensors, 298 numbers of wdl, none

        """)
    let digest = try TensorFile(reading: file).header.metadata["sha256"]
    #expect(try digest == RunDirectory(existing: run).results().parametersSHA256)
  }

  @Test func `without a path the file stands beside the run`() throws {
    let run = try workplace.makeRun()
    for (directory, arguments, name) in [
      (run, [], "run.safetensors"),
      ("\(run)/", ["--merge-domain", "1"], "run-domain-1.safetensors"),
      ("\(run)/.", ["--merge-domain", "synthetic_0"], "run-domain-0.safetensors"),
    ] {
      let result = try MPIRun.start(["export", directory] + arguments)
      #expect(result.exitCode == 0, "\(result.report)")
      #expect(try workplace.contents().contains(name), "\(result.report)")
    }
  }

  @Test func `a file is replaced when that is asked for, and not when that fails`() throws {
    let run = try workplace.makeRun()
    let file = try workplace.write("old", to: "weights.safetensors")
    _ = try export(["--overwrite"])
    #expect(try tensors(file).count == 19)
    try workplace.write("old", to: "weights.safetensors")
    let contents = try workplace.contents()
    // Files of at most 512 bytes.
    let script = #"trap '' XFSZ; ulimit -f 1; exec "$0" "$@""#
    let result = try MPIRun.run(
      ["sh", "-c", script, MPIRun.program, "export", run, "--output", file, "--overwrite"])
    #expect(result.exitCode == 1, "\(result.report)")
    #expect(result.problems.count == 1, "\(result.report)")
    #expect(try workplace.contents() == contents)
    #expect(try workplace.text("weights.safetensors") == "old")
  }
}

// MARK: - Refusals

extension ExportCommandTests {
  @Test(arguments: [nil, 3])
  func `a domain that the run does not have is refused`(ranks: Int?) throws {
    let run = try workplace.makeRun()
    for domain in ["2", "x", "", "00", "0.5"] {
      try expectRefusal(
        of: ["export", run, "--merge-domain", domain],
        "\(run): --merge-domain: expected a domain of the run, a number from 0 to 1 or one of "
          + "synthetic_0, synthetic_1, found \(domain.isEmpty ? "nothing" : domain)",
        ranks: ranks, in: workplace)
    }
  }

  @Test(arguments: [
    (
      ["model.gate.input=features"],
      "model.gate.input: expected domain for --merge-domain, found features"
    ),
    (
      ["model.backbone=mmoe", "model.adaptation=none"],
      "model.backbone: expected a network for --merge-domain that mixes no experts by the sample, "
        + "found mmoe"
    ),
    (
      ["model.backbone=ple", "model.adaptation=none"],
      "model.backbone: expected a network for --merge-domain that mixes no experts by the sample, "
        + "found ple"
    ),
  ])
  func `a mixture that depends on the sample is not merged`(
    settings: [String], message: String
  ) throws {
    let run = workplace.path("run")
    let training = try workplace.training(workplace.makeDataset(), settings).map {
      $0.replacing("hidden=[8]", with: "hidden=[8,4]")
    }
    let trained = try MPIRun.start(training)
    try #require(trained.exitCode == 0, "\(trained.report)")
    try expectRefusal(
      of: ["export", run, "--merge-domain", "0"], "\(run)/config.yaml: \(message)", in: workplace)
    _ = try export()
  }

  @Test(arguments: [nil, 2])
  func `a run that did not finish is refused, and told how it goes on`(ranks: Int?) throws {
    let run = try workplace.makeRun()
    try workplace.remove("run/results.json")
    try expectRefusal(
      of: ["export", run],
      "\(run): expected a finished run, found no results.json in it; one that was interrupted goes "
        + "on with train --resume", ranks: ranks, in: workplace)
  }

  @Test(arguments: [nil, 2])
  func `a file that is there is not replaced unasked`(ranks: Int?) throws {
    let run = try workplace.makeRun()
    let file = try workplace.write("old", to: "weights.safetensors")
    try expectRefusal(
      of: ["export", run, "--output", file],
      "\(file): expected nothing at the output path, found a file; choose another path or replace it "
        + "with --overwrite", ranks: ranks, in: workplace)
    #expect(try workplace.text("weights.safetensors") == "old")
  }

  @Test func `neither a file of the run nor what is no file is ever replaced`() throws {
    let run = try workplace.makeRun()
    let before = try workplace.bytes("run/checkpoints/final.safetensors")
    try FileManager.default.createSymbolicLink(
      atPath: workplace.path("link"), withDestinationPath: workplace.path("elsewhere"))
    for (name, found) in [
      ("run/config.yaml", "a file of the run"), ("data/../run/results.json", "a file of the run"),
      ("run/checkpoints/final.safetensors", "a place in the run's checkpoints"),
      ("run/checkpoints/new.safetensors", "a place in the run's checkpoints"),
      ("run", "a directory"), ("link", "a symbolic link"),
    ] {
      let path = workplace.path(name)
      try expectRefusal(
        of: ["export", run, "--output", path, "--overwrite"],
        "\(path): expected a regular file or nothing at the output path, found \(found)",
        in: workplace)
    }
    #expect(try workplace.bytes("run/checkpoints/final.safetensors") == before)
  }

  @Test(arguments: ["results.json", "config.yaml", "checkpoints/final.safetensors"])
  func `figures and probabilities replace no file of the run`(name: String) throws {
    let run = try workplace.makeRun()
    let before = try workplace.bytes("run/\(name)")
    let path = workplace.path("run/\(name)")
    let rows = try workplace.write("uid,pid,domain\n0,0,0\n", to: "rows.csv")
    let found =
      name.hasPrefix("checkpoints") ? "a place in the run's checkpoints" : "a file of the run"
    for command in [
      ["evaluate", run, "--json", path], ["predict", run, "--input", rows, "--output", path],
    ] {
      try expectRefusal(
        of: command,
        "\(path): expected a regular file or nothing at the output path, found \(found)",
        in: workplace)
    }
    #expect(try workplace.bytes("run/\(name)") == before)
  }

  @Test(arguments: [
    (["--format", "onnx"], "The value 'onnx' is invalid for '--format <format>'."),
    (["--output", ""], "The value '' is invalid for '--output <file>': expected a path"),
    (["--merge-domain"], "Missing value for '--merge-domain <domain>'"),
  ])
  func `wrong usage is refused`(arguments: [String], message: String) throws {
    let result = try MPIRun.start(["export", workplace.path("run")] + arguments)
    #expect(result.isRefusal, "\(result.report)")
    #expect(result.errorOutput.hasPrefix("moe-mlora: error: \(message)"), "\(result.report)")
    #expect(result.problems.count == 1, "\(result.report)")
  }

  @Test func `a place that cannot be written to is a failure`() throws {
    let run = try workplace.makeRun()
    let path = "/proc/self/nowhere/weights.safetensors"
    let result = try MPIRun.start(["export", run, "--output", path])
    #expect(result.exitCode == 1, "\(result.report)")
    let line = MPIRun.errorLine(
      "\(path): cannot write weights: No such file or directory", ranks: nil)
    #expect(result.errorOutput == line, "\(result.report)")
  }
}
