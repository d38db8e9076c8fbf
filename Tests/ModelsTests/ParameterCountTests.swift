import Features
import Models
import Reference
import Testing

@Suite struct ParameterCountTests {
  /// The dense parameters and the multiply-adds of one backbone.
  struct Counts: Sendable {
    let base, adapter, mlora, moe: Int
    let baseMultiplyAdds, mloraMultiplyAdds, moeMultiplyAdds: Int

    init(
      _ base: Int, _ adapter: Int, _ mlora: Int, _ moe: Int, _ baseMultiplyAdds: Int,
      _ mloraMultiplyAdds: Int, _ moeMultiplyAdds: Int
    ) {
      (self.base, self.adapter, self.mlora, self.moe) = (base, adapter, mlora, moe)
      self.baseMultiplyAdds = baseMultiplyAdds
      self.mloraMultiplyAdds = mloraMultiplyAdds
      self.moeMultiplyAdds = moeMultiplyAdds
    }
  }

  /// One table of sizes: a dataset's dimensions, and the counts of every backbone for `E` = 10.
  struct Sizes: Sendable {
    let embeddingWidth: Int
    let domains: Int
    /// User and item tables of MovieLens-1M, or of a small vocabulary.
    let users: Int
    let items: Int
    let counts: [BackboneKind: Counts]
  }

  /// Counts of the published TensorFlow code, and the gate's: parameters of the backbone, of one
  /// expert, of MLoRA, of MoE; multiply-adds of the backbone, with one adapter, with ten and the gate.
  static let tables = [
    Sizes(
      embeddingWidth: 8, domains: 2, users: 6041, items: 3953,
      counts: [
        .mlp: Counts(47_617, 8768, 65_153, 135_355, 47_168, 55_488, 134_888),
        .autoint: Counts(56_929, 8768, 74_465, 144_667, 76_640, 84_960, 164_360),
        .wdl: Counts(47_617, 8768, 65_153, 135_355, 47_168, 55_488, 134_888),
        .deepfm: Counts(47_617, 8768, 65_153, 135_355, 47_200, 55_520, 134_920),
        .nfm: Counts(43_521, 8512, 60_545, 128_699, 43_112, 51_176, 128_272),
        .pnn: Counts(48_385, 8816, 66_017, 136_603, 47_960, 56_328, 136_160),
        .dcn: Counts(47_737, 8768, 65_273, 135_475, 47_288, 55_608, 135_008),
        .xdeepfm: Counts(73_794, 8768, 91_330, 161_532, 254_792, 263_112, 342_512),
        .fibinet: Counts(54_151, 9152, 72_455, 145_729, 53_774, 62_478, 145_334),
      ]),
    Sizes(
      embeddingWidth: 128, domains: 10, users: 5, items: 7,
      counts: [
        .mlp: Counts(139_777, 14_528, 285_057, 285_147, 139_328, 153_408, 284_648),
        .autoint: Counts(164_449, 14_528, 309_729, 309_819, 214_880, 228_960, 360_200),
        .wdl: Counts(139_777, 14_528, 285_057, 285_147, 139_328, 153_408, 284_648),
        .deepfm: Counts(139_777, 14_528, 285_057, 285_147, 139_840, 153_920, 285_160),
        .nfm: Counts(74_241, 10_432, 178_561, 178_651, 74_432, 84_416, 178_792),
        .pnn: Counts(140_545, 14_576, 286_305, 286_395, 140_480, 154_608, 286_280),
        .dcn: Counts(141_697, 14_528, 286_977, 287_067, 141_248, 155_328, 286_568),
        .xdeepfm: Counts(165_954, 14_528, 311_234, 311_324, 3_458_432, 3_472_512, 3_603_752),
        .fibinet: Counts(336_391, 20_672, 543_111, 543_201, 337_094, 357_318, 543_854),
      ]),
  ]

  @Test(arguments: tables, BackboneKind.adaptable)
  func `dense parameters are as many as published`(sizes: Sizes, backbone: BackboneKind) throws {
    let counts = try #require(sizes.counts[backbone])
    for (adaptation, expected) in [
      (Adaptation.none, counts.base), (.mlora, counts.mlora), (.moe, counts.moe),
    ] {
      let model = model(sizes, backbone, adaptation)
      let dense = 0..<model.ranges.dense.upperBound
      #expect(model.layout.parameterCount(in: dense) == expected)
      #expect(model.layout.parameterCount(in: model.ranges.dense) == counts.base)
      for range in model.ranges.adapters {
        #expect(model.layout.parameterCount(in: range) == counts.adapter)
      }
    }
  }

  @Test(arguments: tables, BackboneKind.adaptable)
  func `multiply-adds are as many as published`(sizes: Sizes, backbone: BackboneKind) throws {
    let counts = try #require(sizes.counts[backbone])
    #expect(
      model(sizes, backbone, .none).multiplyAdds(.backbone) == counts.baseMultiplyAdds)
    #expect(
      model(sizes, backbone, .mlora).multiplyAdds(.domainAdapters) == counts.mloraMultiplyAdds)
    #expect(model(sizes, backbone, .moe).multiplyAdds(.gated) == counts.moeMultiplyAdds)
  }

  @Test func `the operations of training are counted by hand`() {
    let sizes = ParameterCountTests.tables[0]
    let model = model(sizes, .wdl, .moe)
    #expect(model.trainingOperations(.backbone, trainable: .backbone) == 6 * 47_168)
    // The first layer is [24, 256], its adapters [24, 16] and [16, 256].
    #expect(
      model.trainingOperations(.expert(0), trainable: .adapters)
        == 4 * 47_168 + 6 * 8_320 - 2 * 24 * (256 + 16))
    #expect(
      model.trainingOperations(.gated, trainable: .gate)
        == 4 * 134_888 - 2 * 24 * (256 + 10 * 16))
  }

  @Test(arguments: tables, BackboneKind.adaptable)
  func `tables hold one vector, and where there is a wide part one weight, per id`(
    sizes: Sizes, backbone: BackboneKind
  ) {
    let model = model(sizes, backbone, .moe)
    let ids = sizes.users + sizes.items + sizes.domains
    let isWide = ![.mlp, .pnn].contains(backbone)
    #expect(
      model.layout.parameterCount(in: model.ranges.tables)
        == ids * (sizes.embeddingWidth + (isWide ? 1 : 0)))
  }

  @Test(arguments: tables, [Adaptation.none, .mlora, .moe])
  func `ranges lie one behind the other and hold every tensor`(
    sizes: Sizes, adaptation: Adaptation
  ) {
    let model = model(sizes, .wdl, adaptation)
    let ranges = model.ranges
    var position = 0
    for range in [ranges.gate] + ranges.adapters + [ranges.dense, ranges.tables] {
      #expect(range.lowerBound == position)
      position = range.upperBound
    }
    #expect(position == model.layout.count && ranges.all == 0..<position)
    #expect(ranges.backbone == ranges.dense.lowerBound..<position)
    #expect(
      model.layout.entries(in: ranges.gate).map(\.name)
        == (adaptation == .moe ? ["gate.embedding", "gate.weight", "gate.bias"] : []))
    for (index, range) in ranges.adapters.enumerated() {
      let owner = adaptation == .moe ? "experts" : "domains"
      #expect(
        model.layout.entries(in: range).map(\.name)
          == (0..<3).flatMap { layer in
            ["down", "up", "bias"].map { "tower.\(layer).\(owner).\(index).\($0)" }
          })
    }
    #expect(
      model.layout.entries(in: ranges.dense).map(\.name)
        == (0..<3).flatMap { ["tower.\($0).weight", "tower.\($0).bias"] }
        + ["head.weight", "head.bias"])
    #expect(Set(model.layout.entries.map(\.name)).count == model.layout.entries.count)
  }

  private func model(
    _ sizes: Sizes, _ backbone: BackboneKind, _ adaptation: Adaptation
  ) -> Model {
    var configuration = ModelConfiguration()
    configuration.backbone = backbone
    configuration.adaptation = adaptation
    configuration.embeddingWidth = sizes.embeddingWidth
    configuration.experts = 10
    let schema = Schema(
      fields: [
        Field(name: "uid", cardinality: sizes.users), Field(name: "pid", cardinality: sizes.items),
        Field(name: "domain", cardinality: sizes.domains),
      ], domainField: 2, domainNames: (0..<sizes.domains).map(String.init))
    return Model(configuration, schema: schema, capacity: 1)
  }
}
