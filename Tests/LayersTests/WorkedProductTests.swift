import Kernels
import Layers
import Reference
import Testing

/// Layers of products between fields, worked by hand.
///
/// Two rows of three fields of two floats: (1, 2), (3, -1), (0, 2) and (1, 0), (0, 1), (-2, 1/2).
@Suite struct WorkedProductTests {
  private static let rows: [Float] = [1, 2, 3, -1, 0, 2, 1, 0, 0, 1, -2, 0.5]

  @Test func `a factorisation machine worked by hand`() {
    let fixture = fixture(.factorisation)
    // Inner products: 3 - 2, 4, -2 and 0, -2, 1/2.
    #expect(fixture.forward(addingTo: 0.25) == [3.25, -1.25])
    _ = fixture.backward(from: [2, -1], addingTo: 1)
    // Twice the sum of the other fields and 1; minus it and 1.
    #expect(
      fixture.values(of: fixture.inputGradient)
        == [7, 3, 3, 9, 9, 3, 3, -0.5, 2, 0.5, 0, 0])
  }

  @Test func `bi-interaction worked by hand`() {
    let fixture = fixture(.biInteraction)
    // (1·3 + 1·0 + 3·0, -2 + 4 - 2) and (0 - 2 + 0, 0 + 0 + 1/2).
    #expect(fixture.forward() == [3, 0, -2, 0.5])
    _ = fixture.backward(from: [2, -1, 0, 4], addingTo: 1)
    #expect(
      fixture.values(of: fixture.inputGradient)
        == [7, 0, 3, -3, 9, 0, 1, 7, 1, 3, 1, 5])
  }

  @Test func `inner products worked by hand`() {
    let fixture = fixture(.innerProducts)
    #expect(
      fixture.forward()
        == [1, 2, 3, -1, 0, 2, 1, 4, -2, 1, 0, 0, 1, -2, 0.5, 0, -2, 0.5])
    _ = fixture.backward(
      from: [1, 0, 0, 0, 0, 0, 2, -1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2], addingTo: 1)
    // Row 0: e_0 gets (1, 0) + 2 e_1 - e_2, e_1 gets 2 e_0, e_2 gets -e_0, each with 1.
    // Row 1: e_0 gets e_2, e_1 gets 2 e_2, e_2 gets (0, 1) + e_0 + 2 e_1, each with 1.
    #expect(
      fixture.values(of: fixture.inputGradient)
        == [8, -3, 3, 5, 0, -1, -1, 1.5, -3, 2, 2, 4])
  }

  @Test func `cross layers worked by hand`() {
    // Two fields of width 1, x_0 = (1, 2). Layer 0: x_0 · k_0 = 1, so x_1 = 2 x_0 + q_0 = (5/2, 4);
    // layer 1: x_1 · k_1 = 1, so x_2 = x_0 + q_1 + x_1.
    var fixture = ProductLayerFixture(.cross(layers: 2), fields: 2, width: 1, count: 1)
    fixture.arena.store([1, 2], in: fixture.input, rows: 1)
    fixture.store([
      "cross.0.weight": [2, -0.5], "cross.0.bias": [0.5, 0], "cross.1.weight": [2, -1],
      "cross.1.bias": [0, 1],
    ])
    #expect(fixture.forward() == [3.5, 7])
    // With g = (1, -2): h = g · x_0 = -3, dk_1 = -3 x_1, and g + h k_1 = (-5, 1) is that of x_1;
    // there h = -3 again, and g + h k_0 = (-11, 5/2). x_0 gets it and (1, -2) and (-5, 1), and 1.
    let gradients = fixture.backward(from: [1, -2], addingTo: 1)
    expect(
      gradients, fixture,
      [
        "cross.0.weight": [-3, -6], "cross.0.bias": [-5, 1], "cross.1.weight": [-7.5, -12],
        "cross.1.bias": [1, -2],
      ])
    #expect(fixture.values(of: fixture.inputGradient) == [-14, 2.5])
  }

  @Test func `bilinear products worked by hand`() {
    // e_0 = (1, 3), e_1 = (2, -4): means (2, -1), t = 1, importances (1/2, 2), so v_0 = (1/2, 3/2) and
    // v_1 = (4, -8). v_0 G^s = (2, 3/2) and e_0 G^r = (3, 1).
    var fixture = ProductLayerFixture(.bilinear, fields: 2, width: 2, count: 1)
    fixture.arena.store([1, 3, 2, -4], in: fixture.input, rows: 1)
    fixture.store([
      "senet.squeeze": [1, 1], "senet.excite": [0.5, 2], "bilinear.senet.0": [1, 0, 1, 1],
      "bilinear.raw.0": [0, 1, 1, 0],
    ])
    #expect(fixture.forward() == [8, -12, 6, -4])
    // Weighed, with dy = (1, 0): dv_1 = (2, 0), du = (4, 0), dv_0 = (4, 4).
    // Raw, with dy = (0, 2): e_1 gets (0, 2), du = (0, -8), e_0 gets (-8, 0).
    // Importance: da = (4 + 12, 4), dt = 8 + 8, dζ = (16, 16): both fields get (8, 8), e_0 dv_0 / 2 and
    // e_1 2 dv_1.
    let gradients = fixture.backward(from: [1, 0, 0, 2], addingTo: 1)
    expect(
      gradients, fixture,
      [
        "senet.squeeze": [32, -16], "senet.excite": [16, 4], "bilinear.senet.0": [2, 0, 6, 0],
        "bilinear.raw.0": [0, -8, 0, -24],
      ])
    #expect(fixture.values(of: fixture.inputGradient) == [3, 11, 13, 11])
  }

  @Test func `fields that importance puts at zero pass nothing on`() {
    // As above, but e_0 has the importance ReLU(-1/2), so v_0 = 0.
    var fixture = ProductLayerFixture(.bilinear, fields: 2, width: 2, count: 1)
    fixture.arena.store([1, 3, 2, -4], in: fixture.input, rows: 1)
    fixture.store([
      "senet.squeeze": [1, 1], "senet.excite": [-0.5, 2], "bilinear.senet.0": [1, 0, 1, 1],
      "bilinear.raw.0": [0, 1, 1, 0],
    ])
    #expect(fixture.forward() == [0, 0, 6, -4])
    // dv_0 = (4, 4) stops at ReLU; v_0 = 0 leaves nothing for dv_1 and the matrix.
    let gradients = fixture.backward(from: [1, 0, 0, 0], addingTo: 1)
    expect(
      gradients, fixture,
      [
        "senet.squeeze": [0, 0], "senet.excite": [0, 0], "bilinear.senet.0": [0, 0, 0, 0],
        "bilinear.raw.0": [0, 0, 0, 0],
      ])
    #expect(fixture.values(of: fixture.inputGradient) == [1, 1, 1, 1])
  }

  @Test(
    arguments: [.factorisation, .biInteraction, .innerProducts, .bilinear]
      as [ProductLayerFixture.Kind])
  func `products of one field are none`(kind: ProductLayerFixture.Kind) {
    let fixture = ProductLayerFixture(kind, fields: 1, width: 3, count: 1)
    fixture.arena.store([0.1, 0.3, 0.7], in: fixture.input, rows: 1)
    let output = fixture.forward()
    switch kind {
    case .innerProducts: #expect(output == [0.1, 0.3, 0.7])
    case .bilinear: #expect(output == [])
    default: #expect(output.allSatisfy { $0 == 0 })
    }
  }

  @Test func `costs are those of the specification`() {
    // Its tables, without what tower, head and wide part cost.
    #expect(cost(.factorisation, width: 8) == 32)
    #expect(cost(.factorisation, width: 128) == 512)
    #expect(cost(.biInteraction, width: 8) == 40)
    #expect(cost(.biInteraction, width: 128) == 640)
    #expect(cost(.innerProducts, width: 8) == 24)
    #expect(cost(.innerProducts, width: 128) == 384)
    #expect(cost(.cross(layers: 2), width: 8) == 184 - 88)
    #expect(cost(.cross(layers: 2), width: 128) == 1984 - 448)
    #expect(cost(.bilinear, width: 8) == 526 - 64)
    #expect(cost(.bilinear, width: 128) == 99_526 - 64)
  }

  private func fixture(_ kind: ProductLayerFixture.Kind) -> ProductLayerFixture {
    let fixture = ProductLayerFixture(kind, fields: 3, width: 2, count: 2)
    fixture.arena.store(WorkedProductTests.rows, in: fixture.input, rows: 2)
    return fixture
  }

  private func expect(
    _ gradients: borrowing Buffer, _ fixture: borrowing ProductLayerFixture,
    _ expected: [String: [Float]], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for entry in fixture.plan.layout.entries {
      let found = floats(of: gradients.span(entry.slot))
      #expect(found == expected[entry.name], "\(entry.name)", sourceLocation: sourceLocation)
    }
  }

  private func cost(_ kind: ProductLayerFixture.Kind, width: Int) -> Int {
    ProductLayerFixture(kind, fields: 3, width: width, count: 1).multiplyAdds
  }
}
