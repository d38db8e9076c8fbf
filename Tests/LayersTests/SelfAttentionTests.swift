import Kernels
import Layers
import Reference
import Testing

@Suite struct SelfAttentionTests {
  @Test func `a case worked by hand`() {
    // Two fields of width 1, one head of width 1: q = y ln 3, k = y, v = 2 y, r = -y.
    // With y = (1, 0): q_0 k = (ln 3, 0), so P_0 = (3/4, 1/4); q_1 = 0, so P_1 = (1/2, 1/2).
    // P v = (3/2, 1), and with r = (-1, 0) the features are (1/2, 1).
    var fixture = InteractionFixture(
      .attention(layers: 1, heads: 1, headWidth: 1), fields: 2, width: 1, count: 1)
    let third: Float = 1.0986123
    for entry in fixture.plan.layout.entries {
      fixture.parameters.store([third, 1, 2, -1], in: entry.slot)
    }
    fixture.arena.store([1, 0], in: fixture.input, rows: 1)
    let tolerance = Tolerance(absolute: 1e-6, relative: 0)
    #expect(tolerance.misses(fixture.forward(), for: [0.5, 1]) == [])

    // From dy = (1, 0): dr = (1, 0), dv = P_0 = (3/4, 1/4), dP_0 = v = (2, 0) with mean 3/2, so that
    // dS_0 = (3/8, -3/8); dq = (3/8, 0) and dk = (3/8, -3/8) ln 3.
    let ln3 = 1.0986122886681098
    let gradients = fixture.backward(from: [1, 0], addingTo: 1)
    for entry in fixture.plan.layout.entries {
      let found = floats(of: gradients.span(entry.slot))
      #expect(tolerance.misses(found, for: [3 / 8, 3 / 8 * ln3, 3 / 4, 1]) == [])
    }
    // Of y_0: 3/8 ln 3 + 3/8 ln 3 + 2 · 3/4 - 1; of y_1: -3/8 ln 3 + 2 · 1/4.
    #expect(
      tolerance.misses(
        fixture.values(of: fixture.inputGradient), for: [1.5 + 0.75 * ln3, 1.5 - 0.375 * ln3])
        == [])
  }

  @Test func `scores of any size are taken`() {
    // With q = k = 30 y, the score of the larger field with itself is beyond what exp can take.
    var fixture = InteractionFixture(
      .attention(layers: 1, heads: 1, headWidth: 1), fields: 2, width: 1, count: 1)
    for entry in fixture.plan.layout.entries {
      fixture.parameters.store([30, 30, 1, 0], in: entry.slot)
    }
    fixture.arena.store([1, 0.5], in: fixture.input, rows: 1)
    #expect(fixture.forward() == [1, 1])
  }

  @Test(arguments: [1, 16, 17])
  func `a NaN in an embedding shows in its row alone`(count: Int) {
    let fixture = InteractionFixture(
      .attention(layers: 3, heads: 4, headWidth: 8), fields: 3, width: 8, count: count)
    var values = fixture.values(of: fixture.input)
    values[9] = .nan
    fixture.arena.store(values, in: fixture.input, rows: count)
    let features = fixture.forward()
    #expect(features.prefix(96).allSatisfy { $0.isNaN })
    #expect(features.dropFirst(96).allSatisfy { $0.isFinite })
  }

  @Test func `tensors have the sizes and the start of the reference`() {
    let fixture = InteractionFixture(
      .attention(layers: 3, heads: 4, headWidth: 8), fields: 3, width: 8, count: 1)
    let entries = fixture.plan.layout.entries
    #expect(
      entries.map { "\($0.name) \($0.slot.rows)x\($0.slot.columns)" } == [
        "attention.0.projection 8x128", "attention.1.projection 32x128",
        "attention.2.projection 32x128",
      ])
    var parameters = Buffer(fixture.plan.layout)
    fixture.plan.initialise(&parameters, seed: 1)
    for entry in entries {
      let largest = floats(of: parameters.span(entry.slot)).map(abs).max() ?? 0
      #expect(largest <= 0.1 && largest >= 0.09, "\(entry.name)")
    }
  }

  @Test(arguments: [(8, 29_536 - 64 - 96), (128, 75_616 - 64 - 96)])
  func `the cost is that of the specification`(width: Int, cost: Int) {
    // Which counts the head's 64 + 96 too.
    let fixture = InteractionFixture(
      .attention(layers: 3, heads: 4, headWidth: 8), fields: 3, width: width, count: 1)
    #expect(fixture.multiplyAdds == cost)
  }
}
