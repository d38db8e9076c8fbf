import Features
import Kernels
import Models
import Reference
import Testing

@Suite struct GoldenTests {
  @Test func `the fill gives the published elements`() {
    let tolerance = Tolerance(absolute: 6e-7, relative: 0)
    #expect(
      tolerance.misses(
        Array(sines(1, 0.5, count: 12)[8...]), for: [-0.291812, -0.125245, 0.058275, 0.233907]
      ) == [])
    #expect(
      tolerance.misses(sines(10, 0.15, count: 3), for: [-0.112648, -0.069208, -0.016401]) == [])
  }

  @Test(arguments: BackboneKind.adaptable, [Adaptation.none, .mlora, .moe])
  func `the backbone alone gives the base logits`(backbone: BackboneKind, adaptation: Adaptation)
    throws
  {
    let golden = try #require(Golden.logits[backbone])
    expect(golden.base, backbone, adaptation, .backbone)
  }

  @Test(arguments: BackboneKind.adaptable)
  func `the domains' adapters give the logits of MLoRA`(backbone: BackboneKind) throws {
    let golden = try #require(Golden.logits[backbone])
    expect(golden.mlora, backbone, .mlora, .domainAdapters)
  }

  @Test(arguments: BackboneKind.adaptable)
  func `the gated mixture gives the logits of MoE`(backbone: BackboneKind) throws {
    let golden = try #require(Golden.logits[backbone])
    expect(golden.gated, backbone, .moe, .gated)
  }

  @Test(arguments: BackboneKind.adaptable, 0..<3)
  func `an expert on rows of its domain equals MLoRA`(backbone: BackboneKind, domain: Int) throws {
    let golden = try #require(Golden.logits[backbone])
    let model = Model(Golden.configuration(backbone, .moe), schema: Golden.schema, capacity: 3)
    let z = model.logits(Golden.batch, Golden.parameters(model), .expert(domain))
    #expect(Golden.tolerance.misses([z[domain]], for: [golden.mlora[domain]]) == [])
  }

  @Test(arguments: BackboneKind.adaptable, 0..<4)
  func `an expert agrees with double precision`(backbone: BackboneKind, expert: Int) {
    let configuration = Golden.configuration(backbone, .moe)
    let model = Model(configuration, schema: Golden.schema, capacity: 3)
    let parameters = Golden.parameters(model)
    let reference = ReferenceModel(configuration, schema: Golden.schema).logits(
      Golden.batch, ReferenceParameters(parameters, layout: model.layout), mode: .expert(expert),
      dropout: nil)
    expect(reference, backbone, .moe, .expert(expert))
  }

  @Test(arguments: BackboneKind.adaptable, 0..<4)
  func `an expert equals a gate that chooses it`(backbone: BackboneKind, expert: Int) {
    let model = Model(Golden.configuration(backbone, .moe), schema: Golden.schema, capacity: 3)
    var parameters = Golden.parameters(model)
    for entry in model.layout.entries where entry.name == "gate.bias" {
      // exp(-1000) is zero in single precision: the gate's row is a unit vector to the bit.
      parameters.store((0..<4).map { $0 == expert ? 1000 : 0 }, in: entry.slot)
    }
    let chosen = model.logits(Golden.batch, parameters, .gated)
    expect(chosen.map(Double.init), backbone, .moe, .expert(expert))
  }

  @Test(arguments: BackboneKind.adaptable)
  func `the reference in double precision gives all golden logits`(backbone: BackboneKind) throws {
    let golden = try #require(Golden.logits[backbone])
    let modes: [(Adaptation, ModelMode, [Double])] = [
      (.none, .backbone, golden.base), (.mlora, .domainAdapters, golden.mlora),
      (.moe, .gated, golden.gated),
    ]
    for (adaptation, mode, expected) in modes {
      let configuration = Golden.configuration(backbone, adaptation)
      let model = Model(configuration, schema: Golden.schema, capacity: 3)
      let z = ReferenceModel(configuration, schema: Golden.schema).logits(
        Golden.batch, ReferenceParameters(Golden.parameters(model), layout: model.layout),
        mode: mode, dropout: nil)
      #expect(Golden.tolerance.misses(z.map { Float($0) }, for: expected) == [])
    }
  }

  /// Compares the logits of all rows at once, and of each row by itself.
  private func expect(
    _ expected: [Double], _ backbone: BackboneKind, _ adaptation: Adaptation, _ mode: ModelMode,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let configuration = Golden.configuration(backbone, adaptation)
    let model = Model(configuration, schema: Golden.schema, capacity: 3)
    let parameters = Golden.parameters(model)
    let together = model.logits(Golden.batch, parameters, mode)
    #expect(
      Golden.tolerance.misses(together, for: expected) == [], sourceLocation: sourceLocation)
    let apart = (0..<3).flatMap { model.logits(Golden.batch(of: $0..<$0 + 1), parameters, mode) }
    #expect(Golden.tolerance.misses(apart, for: expected) == [], sourceLocation: sourceLocation)
  }
}
