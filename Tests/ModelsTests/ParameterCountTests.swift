import Features
import Models
import Reference
import Testing

@Suite struct ParameterCountTests {
  /// One column of the table of sizes: a data set's dimensions, and its counts for `E` = 10.
  struct Sizes: Sendable {
    let embeddingWidth: Int
    let domains: Int
    let base: Int
    let adapter: Int
    let mlora: Int
    let moe: Int
    /// User and item tables of MovieLens-1M, or of a small vocabulary.
    let users: Int
    let items: Int
  }

  /// Counts of the published TensorFlow code, and the gate's; MLP and WDL have the same dense parameters.
  static let tables = [
    Sizes(
      embeddingWidth: 8, domains: 2, base: 47_617, adapter: 8_768, mlora: 65_153, moe: 135_355,
      users: 6041, items: 3953),
    Sizes(
      embeddingWidth: 128, domains: 10, base: 139_777, adapter: 14_528, mlora: 285_057,
      moe: 285_147, users: 5, items: 7),
  ]

  @Test(arguments: tables, BackboneKind.adaptable)
  func `dense parameters are as many as published`(sizes: Sizes, backbone: BackboneKind) {
    for (adaptation, expected) in [
      (Adaptation.none, sizes.base), (.mlora, sizes.mlora), (.moe, sizes.moe),
    ] {
      let model = model(sizes, backbone, adaptation)
      let dense = 0..<model.ranges.dense.upperBound
      #expect(model.layout.parameterCount(in: dense) == expected)
      #expect(model.layout.parameterCount(in: model.ranges.dense) == sizes.base)
      for range in model.ranges.adapters {
        #expect(model.layout.parameterCount(in: range) == sizes.adapter)
      }
    }
  }

  @Test(arguments: tables, BackboneKind.adaptable)
  func `tables hold one vector, and in WDL one weight, per id`(
    sizes: Sizes, backbone: BackboneKind
  ) {
    let model = model(sizes, backbone, .moe)
    let ids = sizes.users + sizes.items + sizes.domains
    #expect(
      model.layout.parameterCount(in: model.ranges.tables)
        == ids * (sizes.embeddingWidth + (backbone == .wdl ? 1 : 0)))
  }

  @Test(arguments: tables, Adaptation.allCases)
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
