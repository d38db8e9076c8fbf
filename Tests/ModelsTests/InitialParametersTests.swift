import Features
import Kernels
import Models
import Reference
import Testing

@Suite struct InitialParametersTests {
  private static let schema = Schema.small(fields: 3, domains: 3, domainField: 2)

  @Test(arguments: BackboneKind.adaptable)
  func `the backbone starts with the same bits under every adaptation`(backbone: BackboneKind) {
    let plain = tensors(model(backbone, .none))
    for adaptation in [Adaptation.mlora, .moe] {
      let adapted = tensors(model(backbone, adaptation))
      for (name, values) in plain { #expect(adapted[name] == values, "\(name)") }
    }
  }

  @Test func `an expert starts with the same bits whatever the number of experts`() {
    let few = tensors(model(.wdl, .moe, experts: 3))
    let many = tensors(model(.wdl, .moe, experts: 7))
    for (name, values) in few where name.contains("experts") { #expect(many[name] == values) }
  }

  @Test(arguments: [Adaptation.none, .mlora, .moe])
  func `no two tensors start alike`(adaptation: Adaptation) {
    var configuration = ModelConfiguration()
    configuration.adaptation = adaptation
    configuration.experts = 6
    let schema = Schema.small(fields: 3, domains: 20, domainField: 2)
    let model = Model(configuration, schema: schema, capacity: 1)
    // Constants aside, the values of two tensors are uncorrelated, within 4.5 standard errors; a
    // shared stream would give ±1, whatever the scales.
    let random = tensors(model).filter { Set($0.value).count > 1 }.sorted { $0.key < $1.key }
    #expect(random.count >= 7)
    for (index, first) in random.enumerated() {
      for second in random[(index + 1)...] {
        let found = correlation(first.value, second.value)
        let bound = 4.5 / Double(min(first.value.count, second.value.count)).squareRoot()
        #expect(bound < 0.95 && abs(found) < bound, "\(first.key) \(second.key)")
      }
    }
  }

  @Test func `tensors start as specified`() {
    let tensors = tensors(model(.wdl, .moe))
    for (name, values) in tensors {
      let isZero = values.allSatisfy { $0 == 0 }
      let startsAtZero =
        name.hasPrefix("wide") || name.hasSuffix("bias") || name.hasSuffix("up")
      #expect(isZero == startsAtZero, "\(name)")
    }
    expectDeviation(tensors["embedding.field1"], 0.01)
    expectDeviation(tensors["embedding.field2"], 1e-4)
    expectDeviation(tensors["tower.0.weight"], (2.0 / (24 + 256)).squareRoot())
    expectDeviation(tensors["tower.1.experts.2.down"], (2.0 / (256 + 8)).squareRoot())
    expectDeviation(tensors["head.weight"], (2.0 / (64 + 1)).squareRoot())
    expectDeviation(tensors["gate.embedding"], 0.05 / 3.0.squareRoot())
    expectDeviation(tensors["gate.weight"], (6.0 / (4 + 3)).squareRoot() / 3.0.squareRoot())
  }

  @Test func `other seeds start differently`() {
    let model = model(.wdl, .moe)
    let (first, second) = (tensors(model, seed: 1), tensors(model, seed: 2))
    for (name, values) in first where Set(values).count > 1 {
      #expect(second[name] != values, "\(name)")
    }
    #expect(tensors(model, seed: 1) == first)
  }

  @Test(arguments: BackboneKind.adaptable, [0, 0.5] as [Float])
  func `fresh adapters leave the backbone's logits as they are, to the bit`(
    backbone: BackboneKind, dropout: Float
  ) {
    // `up` and `bias` are zero, and adding zero is exact.
    let mask = dropout > 0 ? DropoutMask(rate: dropout) : nil
    let batch = Batch(random: InitialParametersTests.schema, count: 33, seed: 4)
    for (adaptation, modes) in [
      (Adaptation.mlora, [ModelMode.domainAdapters]), (.moe, [.expert(0), .expert(3), .gated]),
    ] {
      let model = model(backbone, adaptation, experts: 4)
      var parameters = model.initialParameters(seed: 3)
      // Biases start at zero: give the backbone something to add.
      for entry in model.layout.entries(in: model.ranges.dense) where entry.name.hasSuffix("bias") {
        parameters.store(
          RandomStream(seed: 5, purpose: .synthesis).floats(entry.slot.count), in: entry.slot)
      }
      let base = model.logits(batch, parameters, .backbone, dropout: mask).map(\.bitPattern)
      for mode in modes {
        let adapted = model.logits(batch, parameters, mode, dropout: mask).map(\.bitPattern)
        #expect(adapted == base, "\(mode)")
      }
    }
  }

  private func model(
    _ backbone: BackboneKind, _ adaptation: Adaptation, experts: Int = 3
  ) -> Model {
    var configuration = ModelConfiguration()
    configuration.backbone = backbone
    configuration.adaptation = adaptation
    configuration.experts = experts
    return Model(configuration, schema: InitialParametersTests.schema, capacity: 33)
  }

  private func tensors(_ model: Model, seed: UInt64 = 7) -> [String: [Float]] {
    let parameters = model.initialParameters(seed: seed)
    var tensors: [String: [Float]] = [:]
    for entry in model.layout.entries {
      tensors[entry.name] = floats(of: parameters.span(entry.slot))
    }
    return tensors
  }

  /// The correlation of the values that both have.
  private func correlation(_ first: [Float], _ second: [Float]) -> Double {
    let pairs = zip(first, second).map { (Double($0), Double($1)) }
    func mean(_ value: ((Double, Double)) -> Double) -> Double {
      pairs.map(value).reduce(0, +) / Double(pairs.count)
    }
    let covariance = mean { $0.0 * $0.1 }
    return covariance / (mean { $0.0 * $0.0 } * mean { $0.1 * $0.1 }).squareRoot()
  }

  /// Expects a deviation within five standard errors of that of normal values.
  private func expectDeviation(
    _ values: [Float]?, _ deviation: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let values = values ?? []
    let square = values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(values.count)
    #expect(
      abs(square.squareRoot() / deviation - 1) <= 5 / (2 * Double(values.count)).squareRoot(),
      sourceLocation: sourceLocation)
  }
}
