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

  private static let combinations: [(BackboneKind, Adaptation)] = BackboneKind.allCases.flatMap {
    backbone in
    (backbone.isMultiDomain ? [Adaptation.none] : [.none, .mlora, .moe]).map { (backbone, $0) }
  }

  @Test(arguments: combinations)
  func `no two tensors start alike`(backbone: BackboneKind, adaptation: Adaptation) {
    // Sizes that give every tensor two dozen values at least.
    let model = model(backbone, adaptation, experts: 6, fields: 9, domains: 6)
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

  @Test(arguments: combinations)
  func `constants are zero or one, and everything else is drawn`(
    backbone: BackboneKind, adaptation: Adaptation
  ) {
    for (name, values) in tensors(model(backbone, adaptation)) {
      let isZero =
        name.hasPrefix("wide.") || name.hasSuffix("bias") || name.hasSuffix("up")
        || name.wholeMatch(of: /norm\..*(shift|mean|variance|share|sums)/) != nil
      // A domain's weights start as the shared ones, the normalisation as none.
      let isOne =
        name.wholeMatch(of: /star\.\d+\.domains\.\d+\.weight|norm\.(.*\.)?scale/) != nil
      let constant: Set<Float> = isZero ? [0] : [1]
      #expect((Set(values) == constant) == (isZero || isOne), "\(name)")
      #expect(isZero || isOne || Set(values).count > 1, "\(name)")
    }
  }

  /// A tensor that is drawn, at sizes that give it two hundred values at least.
  struct Drawn: Sendable {
    let backbone: BackboneKind
    let name: String
    let deviation: Double
    var isUniform = false
    var fields = 3
    var width = 8
  }

  private static func glorot(_ inputs: Int, _ outputs: Int) -> Double {
    (2 / Double(inputs + outputs)).squareRoot()
  }

  /// One of each kind, of networks and interactions with layers 256, 128, 64, three domains.
  static let drawn: [Drawn] = [
    Drawn(
      backbone: .dcn, name: "cross.0.weight", deviation: glorot(288, 1), fields: 9, width: 32),
    Drawn(
      backbone: .dcn, name: "cross.1.weight", deviation: glorot(288, 1), fields: 9, width: 32),
    Drawn(
      backbone: .fibinet, name: "bilinear.senet.0", deviation: glorot(16, 16), fields: 30,
      width: 16),
    Drawn(
      backbone: .fibinet, name: "bilinear.raw.434", deviation: glorot(16, 16), fields: 30,
      width: 16),
    Drawn(
      backbone: .fibinet, name: "senet.squeeze", deviation: glorot(30, 10), fields: 30, width: 16),
    Drawn(
      backbone: .fibinet, name: "senet.excite", deviation: glorot(10, 30), fields: 30, width: 16),
    // The deviation of a normal distribution that ends at two of its deviations.
    Drawn(backbone: .autoint, name: "attention.0.projection", deviation: 0.05 * 0.879_626),
    Drawn(backbone: .autoint, name: "attention.2.projection", deviation: 0.05 * 0.879_626),
    Drawn(backbone: .xdeepfm, name: "cin.0.weight", deviation: glorot(9, 128), isUniform: true),
    Drawn(backbone: .xdeepfm, name: "cin.1.weight", deviation: glorot(192, 128), isUniform: true),
    Drawn(backbone: .xdeepfm, name: "cin.output.weight", deviation: glorot(192, 1)),
    Drawn(backbone: .mlp, name: "tower.0.weight", deviation: glorot(24, 256)),
    Drawn(backbone: .sharedBottom, name: "bottom.0.weight", deviation: glorot(24, 256)),
    Drawn(backbone: .sharedBottom, name: "bottom.1.weight", deviation: glorot(256, 128)),
    Drawn(
      backbone: .sharedBottom, name: "domains.1.tower.0.weight", deviation: glorot(128, 64)),
    Drawn(backbone: .mmoe, name: "experts.2.1.weight", deviation: glorot(256, 128)),
    Drawn(
      backbone: .mmoe, name: "domains.2.gate", deviation: glorot(288, 3), isUniform: true,
      fields: 9, width: 32),
    Drawn(backbone: .ple, name: "domains.1.experts.0.0.weight", deviation: glorot(24, 256)),
    Drawn(
      backbone: .ple, name: "domains.0.gate", deviation: glorot(288, 4), isUniform: true,
      fields: 9, width: 32),
    Drawn(backbone: .star, name: "star.0.weight", deviation: glorot(24, 256), isUniform: true),
    Drawn(backbone: .star, name: "star.2.weight", deviation: glorot(128, 64), isUniform: true),
  ]

  @Test(arguments: drawn)
  func `tensors of networks and interactions have their deviation and their limit`(
    _ drawn: Drawn
  ) throws {
    let model = model(drawn.backbone, .none, fields: drawn.fields, width: drawn.width)
    let values = try #require(tensors(model)[drawn.name], "\(drawn.name)")
    #expect(values.count >= 192)
    expectDeviation(values, drawn.deviation)
    // Uniform values end at √3 deviations, truncated normal ones at two of those before truncation;
    // of two hundred some come near.
    let limit = drawn.deviation * (drawn.isUniform ? 3.0.squareRoot() : 2 / 0.879_625_6)
    let largest = values.map { Double(abs($0)) }.max() ?? 0
    #expect(largest <= limit * 1.000_001)
    #expect(largest > (drawn.isUniform ? 0.9 : 0.8) * limit)
    #expect(values.contains { $0 < 0 } == (drawn.name != "senet.excite"))
  }

  @Test func `tensors of tower, experts and gate have their deviations`() {
    let tensors = tensors(model(.wdl, .moe))
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
    _ backbone: BackboneKind, _ adaptation: Adaptation, experts: Int = 3, fields: Int = 3,
    domains: Int = 3, width: Int = 8
  ) -> Model {
    var configuration = ModelConfiguration()
    configuration.embeddingWidth = width
    configuration.backbone = backbone
    configuration.adaptation = adaptation
    configuration.experts = experts
    let schema = Schema.small(fields: fields, domains: domains, domainField: fields - 1)
    return Model(configuration, schema: schema, capacity: 33)
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
