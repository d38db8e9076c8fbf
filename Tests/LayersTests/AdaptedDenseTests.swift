import Kernels
import Layers
import Reference
import Testing

@Suite struct AdaptedDenseTests {
  /// Sums of up to seventeen products of numbers below one.
  private let tolerance = Tolerance(absolute: 1e-6, relative: 2e-6)

  private static let selections: [AdapterSelection] = [
    .none, .one(0), .one(2), .byDomain, .mixture,
  ]

  @Test(arguments: [
    (AdapterSelection.none, [2.5, 0] as [Float]), (.one(0), [4, 1.5]), (.one(1), [0, 0]),
    (.byDomain, [4, 1.5]), (.mixture, [2.375, 0.9375]),
  ])
  func `a case worked by hand`(selection: AdapterSelection, expected: [Float]) {
    // x W + b = (1, 2) · ((1, 0), (1/2, -1)) + (1/2, 1/4) = (5/2, -7/4).
    // Adapter 0: (1 + 2) · (1/2, 1) + (0, 1/4) = (3/2, 13/4).
    // Adapter 1: (2 - 2) · (1, 1) + (-5, 1) = (-5, 1).
    // With g = (3/4, 1/4) the mixture is (9/8 - 5/4, 39/16 + 1/4) = (-1/8, 43/16).
    var fixture = DenseFixture(inputs: 2, outputs: 2, experts: 2, mixes: true, count: 1)
    let values: [String: [Float]] = [
      "dense.weight": [1, 0, 0.5, -1], "dense.bias": [0.5, 0.25], "dense.0.down": [1, 1],
      "dense.0.up": [0.5, 1], "dense.0.bias": [0, 0.25], "dense.1.down": [2, -1],
      "dense.1.up": [1, 1], "dense.1.bias": [-5, 1],
    ]
    for entry in fixture.layout.entries {
      fixture.parameters.store(values[entry.name] ?? [], in: entry.slot)
    }
    fixture.arena.store([1, 2], in: fixture.input, rows: 1)
    fixture.arena.store([0.75, 0.25], in: fixture.gates, rows: 1)
    let domain = Int(fixture.batch.domains[0])
    let isOther = selection == .byDomain && domain == 1
    #expect(fixture.forward(selection) == (isOther ? [0, 0] : expected))
  }

  @Test(arguments: selections, [0, 1, 7, 16, 17])
  func `outputs agree with double precision`(selection: AdapterSelection, width: Int) {
    for (count, rate) in [(0, 0.5), (1, 0), (1, 0.5), (5, 0), (33, 0.5)] as [(Int, Float)] {
      let fixture = DenseFixture(
        inputs: 17, outputs: width, experts: 3, rank: 2, mixes: true, count: count,
        dropout: mask(rate))
      let expected = fixture.reference(
        ReferenceParameters(fixture.parameters, layout: fixture.layout),
        fixture.values(of: fixture.input), fixture.weights(selection))
      let found = fixture.forward(selection)
      #expect(tolerance.misses(found, for: expected.elements) == [])
    }
  }

  @Test(arguments: selections, [0, 0.5] as [Float])
  func `gradients agree with central differences`(selection: AdapterSelection, rate: Float) {
    for (inputs, outputs, rank, count) in [(1, 1, 1, 1), (3, 7, 2, 9), (16, 5, 4, 6)] {
      let fixture = DenseFixture(
        inputs: inputs, outputs: outputs, experts: 3, rank: rank, mixes: true, count: count,
        dropout: mask(rate))
      let cotangent = RandomStream(seed: 7, purpose: .synthesis).floats(count * outputs)
      _ = fixture.forward(selection)
      let gradients = fixture.backward(selection, from: cotangent)
      let misses = misses(fixture, gradients, selection, cotangent.map(Double.init))
      #expect(misses == [])
    }
  }

  @Test(arguments: [AdapterSelection.one(1), .byDomain, .mixture])
  func `gradients through adapters are not all zero`(selection: AdapterSelection) {
    let fixture = DenseFixture(inputs: 3, outputs: 7, experts: 2, mixes: true, count: 9)
    _ = fixture.forward(selection)
    let gradients = fixture.backward(selection, from: Array(repeating: 1, count: 63))
    let gradient = floats(of: gradients.span(fixture.layer.adapters[1].down))
    #expect(gradient.contains { $0 != 0 })
    #expect(fixture.values(of: fixture.inputGradient).elements.contains { $0 != 0 })
  }

  @Test(arguments: [(1, 16, 1), (15, 16, 1), (16, 16, 1), (17, 16, 1), (64, 16, 4), (7, 1, 7)])
  func `the rank is the width over the reduction, at least one`(
    outputs: Int, reduction: Int, rank: Int
  ) {
    #expect(Adapter.rank(outputs: outputs, reduction: reduction) == rank)
  }

  @Test func `a mixture without a gate traps`() async {
    await #expect(processExitsWith: .failure) {
      let fixture = DenseFixture(inputs: 2, outputs: 2, experts: 2, mixes: false, count: 1)
      _ = fixture.forward(.mixture)
    }
  }

  @Test func `an adapter that does not exist traps`() async {
    await #expect(processExitsWith: .failure) {
      let fixture = DenseFixture(inputs: 2, outputs: 2, experts: 2, count: 1)
      _ = fixture.forward(.one(2))
    }
  }

  private func mask(_ rate: Float) -> DropoutMask? {
    guard rate > 0 else { return nil }
    return DropoutMask(rate: rate, stream: RandomStream(seed: 9, purpose: .dropout))
  }

  /// The gradients of `Σ cotangent · y` that differ from central differences.
  private func misses(
    _ fixture: borrowing DenseFixture, _ gradients: borrowing Buffer,
    _ selection: AdapterSelection, _ cotangent: [Double]
  ) -> [String] {
    let parameters = ReferenceParameters(fixture.parameters, layout: fixture.layout)
    let x = fixture.values(of: fixture.input)
    let weights = fixture.weights(selection)
    func loss(_ parameters: ReferenceParameters, _ x: Table, _ weights: Table?) -> Double {
      zip(fixture.reference(parameters, x, weights).elements, cotangent).reduce(0) {
        $0 + $1.0 * $1.1
      }
    }
    var misses = tolerance.misses(
      fixture.values(of: fixture.inputGradient).elements.map { Float($0) },
      for: x.derivatives { loss(parameters, $0, weights) }, "x")
    for entry in fixture.layout.entries {
      misses += tolerance.misses(
        floats(of: gradients.span(entry.slot)),
        for: parameters[entry.name].elements.indices.map { index in
          parameters.derivative(of: entry.name, at: index) { loss($0, x, weights) }
        }, entry.name)
    }
    if case .mixture = selection, let weights {
      misses += tolerance.misses(
        fixture.values(of: fixture.gateGradient).elements.map { Float($0) },
        for: weights.derivatives { loss(parameters, x, $0) }, "g")
    }
    return misses
  }
}
