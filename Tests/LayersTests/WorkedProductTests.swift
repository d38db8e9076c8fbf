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

  @Test func `products of one field are none`() {
    for kind in ProductLayerFixture.Kind.allCases {
      let fixture = ProductLayerFixture(kind, fields: 1, width: 3, count: 1)
      fixture.arena.store([0.1, 0.3, 0.7], in: fixture.input, rows: 1)
      let output = fixture.forward()
      switch kind {
      case .factorisation, .biInteraction: #expect(output.allSatisfy { $0 == 0 })
      case .innerProducts: #expect(output == [0.1, 0.3, 0.7])
      }
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
  }

  private func fixture(_ kind: ProductLayerFixture.Kind) -> ProductLayerFixture {
    let fixture = ProductLayerFixture(kind, fields: 3, width: 2, count: 2)
    fixture.arena.store(WorkedProductTests.rows, in: fixture.input, rows: 2)
    return fixture
  }

  private func cost(_ kind: ProductLayerFixture.Kind, width: Int) -> Int {
    ProductLayerFixture(kind, fields: 3, width: width, count: 1).multiplyAdds
  }
}
