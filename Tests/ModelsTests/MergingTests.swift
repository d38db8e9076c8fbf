import Features
import Kernels
import Models
import Reference
import Testing

/// A domain's merged parameters in a model without parts per domain.
@Suite struct MergingTests {
  /// Every model that can be merged: backbones with each adaptation, and networks with parts per domain.
  private static let mergeable: [ModelCase] =
    BackboneKind.adaptable.flatMap { backbone in
      Adaptation.allCases.map { example(backbone, $0) }
    } + [example(.sharedBottom, .none), example(.star, .none)]

  private static func example(_ backbone: BackboneKind, _ adaptation: Adaptation) -> ModelCase {
    var example = ModelCase()
    example.configuration.backbone = backbone
    example.configuration.adaptation = adaptation
    example.mode = .served(adaptation)
    return example
  }

  private static let sizes: [(hidden: [Int], width: Int, experts: Int?)] = [
    ([256, 128, 64], 8, nil), ([17, 9, 3], 5, 7), ([1], 1, 1), ([33, 1], 3, 2),
  ]

  private func probability(_ logit: Float) -> Double {
    var values: [Float] = [0]
    var span = values.mutableSpan
    sigmoid([logit].span, into: &span)
    return Double(values[0])
  }

  /// Parameters of the size that training gives them: each output is a sum of products of which as many
  /// are negative as positive, and adapters, gate and averages are far from their start.
  private func parameters(_ model: Model, seed: UInt64) -> Buffer {
    var parameters = Buffer(model.layout)
    for (index, entry) in model.layout.entries.enumerated() {
      let stream = RandomStream(seed: seed, purpose: .synthesis).derived(index)
      let values = stream.floats(entry.slot.count)
      parameters.store(values.map { scaled($0, entry) }, in: entry.slot)
    }
    return parameters
  }

  private func scaled(_ value: Float, _ entry: Layout.Entry) -> Float {
    if entry.name.hasSuffix(".variance") { return 0.1 + abs(value) }
    if entry.name.hasSuffix(".share") { return 0.5 + abs(value) / 2 }
    if entry.name.hasPrefix("embedding.") || entry.name.hasPrefix("gate.") { return value }
    if entry.slot.rows == 1 || entry.name.contains("norm.") { return 0.3 * value }
    // Uniform numbers of variance 1 / 3.
    return value * (2 / Float(entry.slot.rows)).squareRoot()
  }

  @Test(arguments: mergeable, sizes)
  func `predictions of every domain are equal`(
    example: ModelCase, size: (hidden: [Int], width: Int, experts: Int?)
  ) {
    var configuration = example.configuration
    configuration.hidden = size.hidden
    configuration.embeddingWidth = size.width
    configuration.experts = size.experts
    let schema = Schema.small(fields: 3, domains: 3, domainField: 2)
    let model = Model(configuration, schema: schema, capacity: 64)
    for seed: UInt64 in 1...3 {
      let parameters = parameters(model, seed: seed)
      for domain in 0..<schema.domainCount {
        let batch = Batch(random: schema, count: 64, domains: [domain], seed: seed)
        let expected = model.logits(batch, parameters, example.mode)
        let merged = model.merged(parameters, domain: domain)
        let found = merged.model.logits(batch, merged.parameters, .backbone)
        #expect(merged.model.configuration.adaptation == .none)
        #expect(merged.model.configuration.backbone.isMultiDomain == false)
        for row in 0..<batch.count {
          let (z, y) = (Double(expected[row]), Double(found[row]))
          #expect(abs(z - y) <= 1e-6 * max(1, abs(z)), "\(example) \(size) \(z) \(y)")
          #expect(abs(probability(expected[row]) - probability(found[row])) <= 1e-6)
        }
      }
    }
  }

  @Test func `a layer worked by hand`() {
    var configuration = ModelConfiguration()
    configuration.backbone = .mlp
    configuration.hidden = [2]
    configuration.embeddingWidth = 1
    configuration.adapterReduction = 2
    configuration.experts = 2
    let schema = Schema(
      fields: [Field(name: "domain", cardinality: 2)], domainField: 0, domainNames: ["a", "b"])
    let model = Model(configuration, schema: schema, capacity: 1)
    var parameters = Buffer(model.layout)
    let values: [String: [Float]] = [
      "gate.embedding": [0, 0, 0, 0, 1, 0, 0, 0],
      // The weights of domain a are 1/2 and 1/2, those of domain b 3/4 and 1/4.
      "gate.weight": [1.098_612_3, 0, 0, 0, 0, 0, 0, 0],
      "tower.0.weight": [5, 7], "tower.0.bias": [1, 2],
      "tower.0.experts.0.down": [2], "tower.0.experts.0.up": [4, 8],
      "tower.0.experts.0.bias": [16, 0],
      "tower.0.experts.1.down": [1], "tower.0.experts.1.up": [0, -4],
      "tower.0.experts.1.bias": [0, 32],
    ]
    for entry in model.layout.entries {
      if let numbers = values[entry.name] { parameters.store(numbers, in: entry.slot) }
    }
    for (domain, weights, biases, gate) in [
      (0, [9, 13] as [Float], [9, 18] as [Float], [0.5, 0.5] as [Float]),
      (1, [11, 18], [13, 10], [0.75, 0.25]),
    ] {
      let merged = model.merged(parameters, domain: domain)
      let tensors = merged.model.layout.entries.reduce(into: [:]) {
        $0[$1.name] = floats(of: merged.parameters.span($1.slot)).map { ($0 * 1e4).rounded() / 1e4 }
      }
      #expect(tensors["tower.0.weight"] == weights)
      #expect(tensors["tower.0.bias"] == biases)
      #expect(merged.expertWeights.map { ($0 * 1e4).rounded() / 1e4 } == gate)
    }
  }

  @Test(arguments: BackboneKind.allCases)
  func `what depends on more than the domain is not merged`(backbone: BackboneKind) {
    var configuration = ModelConfiguration()
    configuration.backbone = backbone
    configuration.gate.input = .features
    for adaptation in backbone.isMultiDomain ? [.none] : Adaptation.allCases {
      configuration.adaptation = adaptation
      let obstacle: MergeObstacle? =
        switch (backbone, adaptation) {
        case (.mmoe, _), (.ple, _): .expertsOfFeatures
        case (_, .moe), (_, .compat): .gateOfFeatures
        default: nil
        }
      #expect(configuration.mergeObstacle == obstacle)
    }
  }

  @Test func `without parts per domain all bits stay`() {
    var configuration = ModelConfiguration()
    configuration.adaptation = .none
    let schema = Schema.small(fields: 3, domains: 2, domainField: 2)
    let model = Model(configuration, schema: schema, capacity: 1)
    let parameters = parameters(model, seed: 1)
    let merged = model.merged(parameters, domain: 1)
    #expect(merged.model.layout.entries == model.layout.entries)
    #expect(
      merged.parameters.bits(0..<model.layout.count) == parameters.bits(0..<model.layout.count))
  }
}
