import CAllocations
import Kernels
import Layers
import Testing

/// Passes of the layers whose fixtures count: models are counted whole.
@Suite struct LayerAllocationTests {
  private static let counts = [0, 1, 128]

  @Test(
    arguments: [
      .factorisation, .biInteraction, .innerProducts, .cross(layers: 2), .bilinear,
    ] as [ProductLayerFixture.Kind])
  func `products of fields allocate nothing`(kind: ProductLayerFixture.Kind) {
    for count in LayerAllocationTests.counts {
      let fixture = ProductLayerFixture(kind, fields: 3, width: 8, count: count)
      var gradients = fixture.backward(
        from: Array(repeating: 1, count: count * fixture.outputs))
      // The first pass is the warm-up.
      for pass in 0..<3 {
        begin_counting_allocations()
        fixture.compute()
        fixture.differentiate(&gradients)
        let counts = end_counting_allocations()
        // oneDNN packs the operands of some products in memory of its own, which it frees again.
        #expect(pass == 0 || counts.others == 0)
      }
    }
  }

  @Test(
    arguments: [
      .stack(widths: [9, 5], addsToInput: true), .heads(widths: [9]),
      .gates(experts: 4, outputs: 7), .star(outputs: 9), .norm,
    ] as [DomainLayer.Kind])
  func `layers without adapters allocate nothing`(kind: DomainLayer.Kind) {
    for count in LayerAllocationTests.counts {
      let mask = DropoutMask(rate: 0.5, stream: RandomStream(seed: 9, purpose: .dropout))
      let fixture = DomainLayerFixture(random: kind, inputs: 24, count: count, dropout: mask)
      var gradients = fixture.backward(
        from: Array(repeating: 1, count: count * fixture.outputs))
      for pass in 0..<3 {
        begin_counting_allocations()
        fixture.compute()
        fixture.differentiate(&gradients)
        let counts = end_counting_allocations()
        #expect(pass == 0 || counts.others == 0)
      }
    }
  }

  @Test func `following a batch allocates nothing`() {
    var fixture = DomainLayerFixture(random: .norm, inputs: 24, count: 16)
    guard case .norm(let norm) = fixture.layer else { return }
    let totals = [Float](repeating: 1, count: norm.statistics.count)
    for pass in 0..<3 {
      begin_counting_allocations()
      norm.updateStatistics(from: totals.span, parameters: &fixture.parameters)
      let counts = end_counting_allocations()
      #expect(pass == 0 || counts.others == 0)
    }
  }
}
