import Experiments
import Models
import Testing
import Training

@Suite struct ConfigurationWritingTests {
  @Test func `the defaults are written completely, in a stable order, with units`() {
    #expect(
      RunConfiguration().yaml == """
        # A run of moe-mlora is repeated by this file on the same data, on any number of ranks.
        # `moe-mlora configuration` explains the keys.
        seed: 123

        model:
          backbone: wdl
          adaptation: moe
          embeddingWidth: 8  # units
          hidden: [256, 128, 64]  # units
          dropout: 0.5  # share of units
          adapterReduction: 16
          experts: perDomain
          domainExperts: 1
          gate:
            input: domain
            initialisation: random

        training:
          shards: 8  # shards
          batching: mixed
          reduction: invariant
          embeddingL2: 1e-05
          tables: replicated
          tableUpdates: dense
          stallTimeout: 300  # seconds
          checkpoint:
            everySteps: 0  # steps
            everySeconds: 600  # seconds
            keep: 2  # checkpoints
            directory: run
          backbone:
            globalBatch: 1024  # rows
            learningRate: 0.001
            maximumEpochs: 50  # epochs
            evaluationsPerEpoch: 1  # evaluations
            patience: 3  # evaluations
          experts:
            globalBatch: 1024  # rows
            learningRate: 0.001
            maximumEpochs: 50  # epochs
            evaluationsPerEpoch: 1  # evaluations
            patience: 3  # evaluations
          gate:
            globalBatch: 1024  # rows
            learningRate: 0.001
            maximumEpochs: 50  # epochs
            evaluationsPerEpoch: 1  # evaluations
            patience: 3  # evaluations

        """)
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func `writing then reading gives an equal configuration`(seed: UInt64) throws {
    var generator = SplitMix64(state: seed)
    let configuration = RunConfiguration.random(using: &generator)
    let text = configuration.yaml
    let copy = try RunConfiguration(yaml: text, name: "config.yaml")
    #expect(copy == configuration)
    #expect(copy.yaml == text)
  }

  @Test func `every stored key can be set alone to what is written for it`() throws {
    var generator = SplitMix64(state: 7)
    var configuration = RunConfiguration.random(using: &generator)
    // What it does not use is refused where it is given by hand.
    if configuration.model.adaptation == .compat { configuration.model.adaptation = .moe }
    let overrides = configuration.assignments
    #expect(overrides.count == ConfigurationKey.all.count { $0.isStored })
    let copy = try RunConfiguration(yaml: "", name: "", overrides: overrides)
    #expect(copy == configuration)
  }
}

extension RunConfiguration {
  /// A valid configuration that differs from the defaults in most values.
  static func random(using generator: inout SplitMix64) -> Self {
    var configuration = RunConfiguration()
    configuration.seed = generator.next()
    configuration.model.backbone = .allCases.randomElement(using: &generator) ?? .mlp
    configuration.model.adaptation =
      configuration.model.backbone.isMultiDomain
      ? .none : .allCases.randomElement(using: &generator) ?? .none
    configuration.model.embeddingWidth = .random(in: 1...4096, using: &generator)
    configuration.model.hidden = (0..<Int.random(in: 2...64, using: &generator)).map { _ in
      .random(in: 1...65_536, using: &generator)
    }
    configuration.model.dropout = .random(in: 0..<1, using: &generator)
    configuration.model.adapterReduction = .random(in: 1...65_536, using: &generator)
    configuration.model.experts = Bool.random(using: &generator) ? nil : 4096
    configuration.model.domainExperts = .random(in: 1...4096, using: &generator)
    configuration.model.gate.input = .allCases.randomElement(using: &generator) ?? .domain
    configuration.model.gate.initialisation = .ownDomain
    configuration.training.shards = .random(in: 1...100, using: &generator)
    configuration.training.batching = .perDomain
    configuration.training.embeddingL2 = .random(in: 0...1e-3, using: &generator)
    configuration.training.tableUpdates = .rowWise
    configuration.training.stallTimeoutInSeconds = .random(in: 0...9999, using: &generator)
    for phase in [
      \TrainingConfiguration.backbone, \TrainingConfiguration.experts, \TrainingConfiguration.gate,
    ] {
      configuration.training[keyPath: phase].globalBatch = .random(
        in: 100...9999, using: &generator)
      configuration.training[keyPath: phase].learningRate = .random(in: 1e-9...1, using: &generator)
      configuration.training[keyPath: phase].maximumEpochs = .random(in: 0...99, using: &generator)
      configuration.training[keyPath: phase].evaluationsPerEpoch = .random(
        in: 1...9, using: &generator)
      configuration.training[keyPath: phase].patience = .random(in: 1...99, using: &generator)
    }
    if configuration.model.adaptation == .compat {
      // What the published code has, and nothing else.
      configuration.model.gate = GateConfiguration()
      configuration.training.backbone.evaluationsPerEpoch = 1
    }
    return configuration
  }

  /// The lines of the written configuration as `key=value`, found without the table of keys.
  var assignments: [String] {
    var sections: [Substring] = []
    return yaml.split(separator: "\n").compactMap { line in
      let depth = line.prefix { $0 == " " }.count / 2
      let content = line.drop { $0 == " " }
      guard !content.hasPrefix("#"), let colon = content.firstIndex(of: ":") else { return nil }
      sections = sections.prefix(depth) + [content[..<colon]]
      let value = content[colon...].dropFirst().prefix { $0 != "#" }
      guard value.contains(where: { $0 != " " }) else { return nil }
      return "\(sections.joined(separator: "."))=\(value.filter { $0 != " " })"
    }
  }
}
