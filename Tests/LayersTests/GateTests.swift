import Kernels
import Layers
import Reference
import Testing

@Suite struct GateTests {
  /// A softmax of logits around one, and its gradient summed over up to nine rows.
  private let tolerance = Tolerance(absolute: 5e-7, relative: 2e-6)

  @Test func `the golden rows of the domain gate`() {
    var fixture = GateFixture(
      .domain, domains: 3, experts: 4, batch: GateFixture.batch([0, 1, 2]))
    let fills = [sines(7, 1, count: 12), sines(8, 1, count: 16), sines(9, 0.5, count: 4)]
    for (entry, fill) in zip(fixture.plan.layout.entries, fills) {
      fixture.parameters.store(fill, in: entry.slot)
    }
    // The specification prints 0.184487 for domain 1 and expert 2. Its own formula gives 0.18448488
    // in double precision, and its row sums to 1.000001: the last digit is a slip.
    let golden = [
      0.196231, 0.212355, 0.256044, 0.335371, 0.405117, 0.261863, 0.184485, 0.148534, 0.406880,
      0.273664, 0.185627, 0.133829,
    ]
    let found = fixture.forward().elements.map { Float($0) }
    #expect(Tolerance(absolute: 1e-6, relative: 0).misses(found, for: golden) == [])
  }

  @Test func `a domain gate worked by hand`() {
    var fixture = GateFixture(.domain, domains: 2, experts: 2, batch: GateFixture.batch([0, 1, 1]))
    // Logits: domain 0 has (ln 3, 0) from the bias alone, domain 1 gets ln 3 more for expert 1.
    let third: Float = 1.0986123
    let values: [[Float]] = [
      [0, 0, 0, 0, 1, 0, 0, 0], [0, third, 0, 0, 0, 0, 0, 0], [third, 0],
    ]
    for (entry, value) in zip(fixture.plan.layout.entries, values) {
      fixture.parameters.store(value, in: entry.slot)
    }
    let found = fixture.forward().elements.map { Float($0) }
    #expect(tolerance.misses(found, for: [0.75, 0.25, 0.5, 0.5, 0.5, 0.5]) == [])
  }

  @Test func `a feature gate worked by hand`() {
    var fixture = GateFixture(
      .features, domains: 2, experts: 2, inputs: 2, batch: GateFixture.batch([0, 1]))
    let third: Float = 1.0986123
    // x W: (1, 2) and (-1, 0) times ((ln 3, 0), (0, ln 3 / 2)); domain 1 adds (ln 3, 0).
    fixture.arena.store([1, 2, -1, 0], in: fixture.input, rows: 2)
    for (entry, value) in zip(
      fixture.plan.layout.entries, [[third, 0, 0, third / 2], [0, third, third, 0]])
    {
      fixture.parameters.store(value, in: entry.slot)
    }
    // Row 0: logits (ln 3, ln 3 + ln 3); row 1: (0, 0).
    let found = fixture.forward().elements.map { Float($0) }
    #expect(tolerance.misses(found, for: [0.25, 0.75, 0.5, 0.5]) == [])
  }

  @Test(arguments: GateFixture.Kind.allCases, [(1, 1), (2, 2), (3, 2), (3, 7), (5, 16), (2, 17)])
  func `weights and gradients agree with double precision`(
    kind: GateFixture.Kind, size: (domains: Int, experts: Int)
  ) {
    // Domain 1 has no row.
    let batch = GateFixture.batch((0..<9).map { $0 % size.domains }.filter { $0 != 1 }.sorted())
    var fixture = GateFixture(
      kind, domains: size.domains, experts: size.experts, batch: batch)
    fixture.parameters.randomise(fixture.plan.layout, limit: 1, seed: 3)
    let cotangent = RandomStream(seed: 8, purpose: .synthesis).floats(batch.count * size.experts)
    let found = fixture.forward().elements.map { Float($0) }
    fixture.arena.store(
      Array(repeating: 0.5, count: batch.count * 5), in: fixture.inputGradient, rows: batch.count)
    let gradients = fixture.backward(from: cotangent)
    let parameters = ReferenceParameters(fixture.parameters, layout: fixture.plan.layout)
    let x = table(of: fixture.arena.matrix(fixture.input, rows: batch.count))
    let expected = fixture.reference(parameters, x).elements
    #expect(tolerance.misses(found, for: expected) == [])
    let misses = gradientMisses(fixture, gradients, parameters, x, cotangent.map(Double.init))
    #expect(misses == [])
  }

  @Test(arguments: GateFixture.Kind.allCases)
  func `a gate that is not trained gets no gradient`(kind: GateFixture.Kind) {
    let batch = GateFixture.batch([0, 1])
    var fixture = GateFixture(kind, domains: 2, experts: 3, batch: batch)
    fixture.parameters.randomise(fixture.plan.layout, limit: 1, seed: 3)
    _ = fixture.forward()
    let gradients = fixture.backward(from: [1, 2, 3, 4, 5, 6], trains: false)
    let values = floats(of: gradients.span)
    #expect(values.allSatisfy { $0.isNaN })
  }

  @Test(
    arguments: GateFixture.Kind.allCases,
    [(1, 1), (1, 4), (2, 1), (3, 2), (3, 3), (3, 4), (2, 5), (7, 7), (7, 21), (21, 21)])
  func `an own-domain gate starts with its share on the domain's experts`(
    kind: GateFixture.Kind, size: (domains: Int, experts: Int)
  ) {
    let batch = GateFixture.batch(Array(0..<size.domains))
    var fixture = GateFixture(
      kind, domains: size.domains, experts: size.experts, ownDomainShare: 0.95, batch: batch)
    fixture.plan.initialise(&fixture.parameters, seed: 1)
    let g = fixture.forward()
    for domain in 0..<size.domains {
      let own = (0..<size.experts).filter { $0 % size.domains == domain }
      let others = (0..<size.experts).filter { $0 % size.domains != domain }
      // A domain without experts, or with all of them, starts with the uniform mixture.
      let share = own.isEmpty ? 0 : others.isEmpty ? 1 : 0.95
      for expert in 0..<size.experts {
        let weight =
          own.contains(expert) ? share / Double(own.count) : (1 - share) / Double(others.count)
        #expect(tolerance.accepts(Float(g[domain, expert]), for: weight))
      }
    }
  }

  @Test(arguments: GateFixture.Kind.allCases)
  func `a random gate starts close to the uniform mixture`(kind: GateFixture.Kind) {
    var fixture = GateFixture(
      kind, domains: 4, experts: 8, batch: GateFixture.batch([0, 1, 2, 3]))
    fixture.plan.initialise(&fixture.parameters, seed: 1)
    // Embeddings of the feature gate's input start around 0.01.
    fixture.arena.store(
      RandomStream(seed: 1, purpose: .synthesis).floats(20).map { $0 * 0.02 }, in: fixture.input,
      rows: 4)
    let g = fixture.forward().elements
    #expect(g.allSatisfy { abs($0 - 0.125) < 0.02 })
    #expect(Set(g).count == 32)
  }

  private func gradientMisses(
    _ fixture: borrowing GateFixture, _ gradients: borrowing Buffer,
    _ parameters: ReferenceParameters, _ x: Table,
    _ cotangent: [Double]
  ) -> [String] {
    func loss(_ parameters: ReferenceParameters, _ x: Table) -> Double {
      zip(fixture.reference(parameters, x).elements, cotangent).reduce(0) { $0 + $1.0 * $1.1 }
    }
    // The domain gate does not see x, and leaves its gradient alone.
    var misses = tolerance.misses(
      floats(of: fixture.arena.matrix(fixture.inputGradient, rows: x.rows)),
      for: x.derivatives { loss(parameters, $0) }.map { $0 + 0.5 }, "x")
    for entry in fixture.plan.layout.entries {
      misses += tolerance.misses(
        floats(of: gradients.span(entry.slot)),
        for: parameters[entry.name].elements.indices.map { index in
          parameters.derivative(of: entry.name, at: index) { loss($0, x) }
        }, entry.name)
    }
    return misses
  }
}
