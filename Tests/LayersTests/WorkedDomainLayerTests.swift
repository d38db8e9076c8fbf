import Features
import Kernels
import Layers
import Reference
import Testing

/// Layers of ``DomainLayerFixture``, worked by hand; what no row uses has a gradient of zero.
@Suite struct WorkedDomainLayerTests {
  @Test func `a dense layer for some of the rows worked by hand`() {
    let fixture = fixture(
      .stack(widths: [2], addsToInput: true), [[7, 7], [1, 2], [-1, 0.5]], domains: [0, 0, 1],
      ["stack.0.weight": [1, -1, 0.5, 2], "stack.0.bias": [0.25, -1]])
    // The run of rows 1 and 2: (2 + 1/4, 3 - 1), and (-3/4 + 1/4, 2 - 1), of which ReLU leaves (0, 1).
    guard case .stack(let stack, _) = fixture.layer else { return }
    fixture.arena.store(Array(repeating: 9, count: 6), in: stack.output, rows: 3)
    stack.forward(
      parameters: fixture.parameters, rows: fixture.rows, run: 1..<3, arena: fixture.arena)
    #expect(fixture.values(of: stack.output) == [9, 9, 2.25, 2, 0, 1])

    fixture.arena.store([5, 5, 1, 2, 3, -1], in: stack.outputGradient, rows: 3)
    fixture.arena.store([1, 1, 1, 1, 1, 1], in: fixture.inputGradient, rows: 3)
    var gradients = Buffer(fixture.plan.layout)
    stack.backward(
      addsToInput: true, parameters: fixture.parameters, gradients: &gradients,
      rows: fixture.rows, run: 1..<3, arena: fixture.arena)
    // (1, 2) and (0, -1) pass ReLU.
    expect(gradients, fixture, ["stack.0.weight": [1, 3, 2, 3.5], "stack.0.bias": [1, 1]])
    #expect(fixture.values(of: fixture.inputGradient) == [1, 1, 0, 5.5, 2, -1])
  }

  @Test func `towers and heads of domains worked by hand`() {
    let fixture = fixture(
      .heads(widths: [2]), [[2], [-1], [3]], domains: [0, 2, 2],
      [
        "domains.0.tower.0.weight": [1, -1], "domains.0.tower.0.bias": [0, 1],
        "domains.0.head.weight": [3, 5], "domains.0.head.bias": [0.5],
        "domains.2.tower.0.weight": [-2, 1], "domains.2.tower.0.bias": [0, 1],
        "domains.2.head.weight": [1, -1],
      ])
    // The towers make (2, 0), (2, 0) and (0, 4), on top of 1/2.
    #expect(fixture.forward() == [7, 2.5, -3.5])
    // From dz = (2, 1, -1): (6, 10), (1, -1) and (-1, 1), of which ReLU leaves (6, 0), (1, 0), (0, 1).
    let gradients = fixture.backward(from: [2, 1, -1])
    expect(
      gradients, fixture,
      [
        "domains.0.tower.0.weight": [12, 0], "domains.0.tower.0.bias": [6, 0],
        "domains.0.head.weight": [4, 0], "domains.0.head.bias": [2],
        "domains.2.tower.0.weight": [-1, 3], "domains.2.tower.0.bias": [1, 1],
        "domains.2.head.weight": [2, -4],
      ])
    #expect(fixture.values(of: fixture.inputGradient) == [6, -2, 1])
  }

  @Test func `a gate of experts worked by hand`() {
    let third: Float = 1.0986123
    let fixture = fixture(
      .gates(experts: 2, outputs: 1), [[1], [1]], domains: [0, 1],
      ["domains.0.gate": [third, 0]])
    // Weights (3/4, 1/4) and (1/2, 1/2) of 4 and 8, and of 2 and -2.
    for (expert, values) in zip(fixture.experts, [[4, 2], [8, -2]] as [[Float]]) {
      fixture.arena.store(values, in: expert.value, rows: 2)
    }
    let tolerance = Tolerance(absolute: 1e-6, relative: 0)
    #expect(tolerance.misses(fixture.forward(), for: [5, 0]) == [])
    // From dv = (2, 1): dg = (8, 16) with mean 10, and (2, -2) with mean 0.
    let gradients = fixture.backward(from: [2, 1])
    for (name, expected) in [
      "domains.0.gate": [-1.5, 1.5], "domains.1.gate": [1, -1], "domains.2.gate": [0, 0],
    ] {
      for entry in fixture.plan.layout.entries where entry.name == name {
        let found = floats(of: gradients.span(entry.slot))
        #expect(tolerance.misses(found, for: expected, name) == [])
      }
    }
    for (expert, expected) in zip(fixture.experts, [[1.5, 0.5], [0.5, 0.5]]) {
      #expect(tolerance.misses(fixture.values(of: expert.gradient), for: expected) == [])
    }
    // Added to 1/4.
    let inputGradient = fixture.values(of: fixture.inputGradient)
    #expect(
      tolerance.misses(inputGradient, for: [0.25 - 1.5 * 1.0986122886681098, 0.25]) == [])
  }

  @Test func `a layer of shared weights times the domain's worked by hand`() {
    let fixture = fixture(
      .star(outputs: 1), [[1, 1], [1, 3], [4, 1]], domains: [0, 2, 2],
      [
        "star.weight": [1, 2], "star.bias": [0.5], "star.domains.0.weight": [2, 1],
        "star.domains.0.bias": [-0.5], "star.domains.2.weight": [-1, 0.5],
        "star.domains.2.bias": [1],
      ])
    // The weights are (2, 2) and (-1, 1), the biases 0 and 3/2; the third sum is -3/2.
    #expect(fixture.forward() == [4, 3.5, 0])
    // xᵀδ is (1, 1) and (2, 6).
    let gradients = fixture.backward(from: [1, 2, 5])
    expect(
      gradients, fixture,
      [
        "star.weight": [0, 4], "star.bias": [3], "star.domains.0.weight": [1, 2],
        "star.domains.0.bias": [1], "star.domains.2.weight": [2, 12], "star.domains.2.bias": [2],
      ])
    #expect(fixture.values(of: fixture.inputGradient) == [2, 2, -2, 2, 0, 0])
  }

  @Test func `costs are those of the products`() {
    #expect(cost(.stack(widths: [8, 5], addsToInput: false), inputs: 3) == 3 * 8 + 8 * 5)
    #expect(cost(.heads(widths: [8]), inputs: 3) == 3 * 8 + 8)
    #expect(cost(.heads(widths: []), inputs: 3) == 3)
    #expect(cost(.gates(experts: 4, outputs: 5), inputs: 3) == 3 * 4 + 4 * 5)
    #expect(cost(.star(outputs: 5), inputs: 3) == 3 * 5)
    #expect(cost(.norm, inputs: 3) == 3)
  }

  private func cost(_ kind: DomainLayer.Kind, inputs: Int) -> Int {
    DomainLayerFixture(kind, inputs: inputs, batch: GateFixture.batch([0])).layer.multiplyAdds
  }

  /// A layer with these inputs, one row each, and tensors; the others are zero.
  private func fixture(
    _ kind: DomainLayer.Kind, _ x: [[Float]], domains: [Int], _ tensors: [String: [Float]]
  ) -> DomainLayerFixture {
    var fixture = DomainLayerFixture(
      kind, inputs: x[0].count, batch: GateFixture.batch(domains))
    fixture.arena.store(x.flatMap(\.self), in: fixture.input, rows: x.count)
    fixture.store(tensors)
    return fixture
  }

  private func expect(
    _ gradients: borrowing Buffer, _ fixture: borrowing DomainLayerFixture,
    _ expected: [String: [Float]], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for entry in fixture.plan.layout.entries {
      let found = floats(of: gradients.span(entry.slot))
      let zeros = [Float](repeating: 0, count: found.count)
      #expect(
        found == expected[entry.name] ?? zeros, "\(entry.name)", sourceLocation: sourceLocation)
    }
  }
}
