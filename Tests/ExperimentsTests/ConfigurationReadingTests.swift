import Experiments
import Foundation
import Testing

/// The one-line message of reading a document, or `nil` if it is valid.
func fault(_ yaml: String, overrides: [String] = []) -> String? {
  do {
    _ = try RunConfiguration(yaml: yaml, name: "run.yaml", overrides: overrides)
    return nil
  } catch {
    return "\(error)"
  }
}

@Suite struct ConfigurationReadingTests {
  @Test(arguments: ["", "\n", "# only a comment\n", "---\n", "--- # nothing\n", "{}"])
  func `an empty document gives the defaults`(yaml: String) throws {
    #expect(try RunConfiguration(yaml: yaml, name: "run.yaml") == RunConfiguration())
  }

  @Test func `every kind of value is read`() throws {
    let configuration = try RunConfiguration(
      yaml: """
        seed: 18446744073709551615
        model:
          backbone: mlp
          adaptation: "mlora"
          embeddingWidth: 16
          hidden: [64, 32]
          dropout: 0
          adapterReduction: 4
          experts: 6
          gate:
            input: features
            initialisation: ownDomain
        training:
          shards: 4
          batching: perDomain
          embeddingL2: 1e-6
          tableUpdates: rowWise
        """, name: "run.yaml")
    #expect(configuration.seed == .max)
    #expect(configuration.model.backbone == .mlp)
    #expect(configuration.model.adaptation == .mlora)
    #expect(configuration.model.embeddingWidth == 16)
    #expect(configuration.model.hidden == [64, 32])
    #expect(configuration.model.dropout == 0)
    #expect(configuration.model.adapterReduction == 4)
    #expect(configuration.model.experts == 6)
    #expect(configuration.model.gate.input == .features)
    #expect(configuration.model.gate.initialisation == .ownDomain)
    #expect(configuration.training.shards == 4)
    #expect(configuration.training.batching == .perDomain)
    #expect(configuration.training.embeddingL2 == 1e-6)
    #expect(configuration.training.tableUpdates == .rowWise)
  }

  @Test(arguments: [
    "model: {gate: {input: features}}", "model.gate.input: features",
    "model.gate: {input: features}", "model:\n  gate.input: features\n",
  ])
  func `a dotted name stands for nested sections`(yaml: String) throws {
    let configuration = try RunConfiguration(yaml: yaml, name: "run.yaml")
    #expect(configuration.model.gate.input == .features)
  }

  @Test(arguments: [
    "training: {patience: 5, gate: {patience: 9}}",
    "training: {gate: {patience: 9}, patience: 5}",
  ])
  func `a phase's own key wins over the general one in either order`(yaml: String) throws {
    let training = try RunConfiguration(yaml: yaml, name: "run.yaml").training
    #expect(training.backbone.patience == 5)
    #expect(training.experts.patience == 5)
    #expect(training.gate.patience == 9)
  }

  @Test(arguments: [
    ["training.patience=5", "training.experts.patience=7"],
    ["training.experts.patience=7", "training.patience=5"],
  ])
  func `a general override wins over the file's phases, and a phase's override over both`(
    overrides: [String]
  ) throws {
    let training = try RunConfiguration(
      yaml: "training: {patience: 8, gate: {patience: 9, maximumEpochs: 3}}", name: "run.yaml",
      overrides: overrides
    ).training
    #expect(training.backbone.patience == 5)
    #expect(training.experts.patience == 7)
    #expect(training.gate.patience == 5)
    #expect(training.gate.maximumEpochs == 3)
  }

  @Test func `an override wins over the same key of the file`() throws {
    let configuration = try RunConfiguration(
      yaml: "seed: 1\nmodel: {hidden: [8]}", name: "run.yaml",
      overrides: ["seed=2", "model.experts=perDomain"])
    #expect(configuration.seed == 2)
    #expect(configuration.model.hidden == [8])
    #expect(configuration.model.experts == nil)
  }

  @Test(arguments: [
    ("64", [64]), ("64,32", [64, 32]), ("[64, 32]", [64, 32]), (" [ 7 ,1] ", [7, 1]),
  ])
  func `an overriding list needs no brackets`(text: String, widths: [Int]) throws {
    let configuration = try RunConfiguration(
      yaml: "", name: "run.yaml", overrides: ["model.hidden=\(text)"])
    #expect(configuration.model.hidden == widths)
  }

  @Test func `a file that is not there is named`() {
    #expect(throws: ExperimentError.self) {
      try RunConfiguration(path: "/nowhere/run.yaml")
    }
    do {
      _ = try RunConfiguration(path: "/nowhere/run.yaml")
    } catch {
      #expect("\(error)".hasPrefix("/nowhere/run.yaml: cannot be read: "))
    }
  }

  @Test func `bytes that are not text are found by line`() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("seed: 1\nmodel: \u{1}".utf8 + [0xFF, 0x0A]).write(to: file)
    do {
      _ = try RunConfiguration(path: file.path)
      Issue.record("invalid UTF-8 was read")
    } catch {
      #expect("\(error)" == "\(file.path):2: expected UTF-8 text, found other bytes")
    }
  }
}
