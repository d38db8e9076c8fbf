import Features
import Kernels
import Layers
import Reference
import Testing

@Suite struct PartitionedNormTests {
  @Test func `a case worked by hand`() {
    // Rows 2 of domain 0, then 1 and -2 of domain 1; standard deviations 2 and 1/2, so that the factors
    // are 2 · 3 / 2 and 2 · -1 / (1/2). The averages of domain 1 hold half of what they follow.
    var fixture = fixture(inputs: 1, domains: [0, 1, 1])
    fixture.arena.store([2, 1, -2], in: fixture.input, rows: 3)
    fixture.store([
      "norm.scale": [2], "norm.shift": [1], "norm.domains.0.scale": [3],
      "norm.domains.0.shift": [0.5], "norm.domains.0.mean": [1], "norm.domains.0.variance": [3.999],
      "norm.domains.0.share": [1], "norm.domains.1.scale": [-1],
      "norm.domains.1.variance": [0.1245], "norm.domains.1.share": [0.5],
    ])
    let tolerance = Tolerance(absolute: 1e-6, relative: 1e-6)
    #expect(tolerance.misses(fixture.forward(), for: [4.5, -3, 9]) == [])
    // Σ dy (x - μ) / σ is 2 · 1 / 2 and (1 - 6) / (1/2).
    let gradients = fixture.backward(from: [2, 1, 3])
    #expect(
      tolerance.misses(fixture.values(of: fixture.inputGradient), for: [6, -4, -12]) == [])
    let expected: [String: [Double]] = [
      "norm.scale": [3 + 10], "norm.shift": [6], "norm.domains.0.scale": [2],
      "norm.domains.0.shift": [2], "norm.domains.1.scale": [-20], "norm.domains.1.shift": [4],
      "norm.domains.2.scale": [0], "norm.domains.2.shift": [0],
      // Σ x, Σ x² and the number of rows of each domain.
      "norm.sums": [2, 4, 1, -1, 5, 2, 0, 0, 0],
    ]
    for entry in fixture.plan.layout.entries {
      let found = floats(of: gradients.span(entry.slot))
      if let expected = expected[entry.name] {
        #expect(tolerance.misses(found, for: expected, entry.name) == [])
      } else {
        // Moving averages have no gradient.
        #expect(found.allSatisfy { $0.isNaN }, "\(entry.name)")
      }
    }
    // The batch has means 2 and -1/2, and variances 0 and 5/2 - 1/4.
    update(&fixture, from: [gradients.statistics(fixture)])
    let moved: [String: [Double]] = [
      "norm.domains.0.mean": [1.01], "norm.domains.0.variance": [3.999 * 0.99],
      "norm.domains.1.mean": [-0.005], "norm.domains.1.variance": [0.1245 * 0.99 + 0.0225],
      "norm.domains.2.mean": [0], "norm.domains.2.variance": [0], "norm.domains.0.share": [1],
      "norm.domains.1.share": [0.505], "norm.domains.2.share": [0],
    ]
    for entry in fixture.plan.layout.entries {
      guard let expected = moved[entry.name] else { continue }
      let found = floats(of: fixture.parameters.span(entry.slot))
      #expect(tolerance.misses(found, for: expected, entry.name) == [])
    }
  }

  /// Sizes of shards: ragged ones, an empty one, one row each, and one for all.
  private static let shards = [
    [128], [43, 43, 42], [1, 127], [0, 7, 0, 121], [64, 32, 16, 8, 8],
  ]

  @Test(arguments: shards, [[0, 1, 2], [0, 2], [1]])
  func `moving averages follow the batch whose rows lie in several shards`(
    shards: [Int], present: [Int]
  ) {
    let inputs = 5
    var whole = DomainLayerFixture(random: .norm, inputs: inputs, count: 128, domains: present)
    let before = ReferenceParameters(whole.parameters, layout: whole.plan.layout)
    let x = table(of: whole.arena.matrix(whole.input, rows: 128))
    let domains = whole.referenceRows.domains
    var first = 0
    let sums = shards.map { count in
      let rows = first..<first + count
      first += count
      let shard = fixture(inputs: inputs, domains: Array(domains[rows]), like: whole)
      shard.arena.store(
        Array(whole.values(of: whole.input)[rows.lowerBound * inputs..<rows.upperBound * inputs]),
        in: shard.input, rows: count)
      return statistics(shard)
    }
    update(&whole, from: sums)
    for domain in 0..<DomainLayer.domainCount {
      let rows = domains.indices.filter { domains[$0] == domain }
      let share = before["norm.domains.\(domain).share"][0, 0]
      expect(
        whole, "norm.domains.\(domain).share", 0, share + (rows.isEmpty ? 0 : 0.01 * (1 - share)))
      for i in 0..<inputs {
        let values = rows.map { x[$0, i] }
        expectMoved(
          whole, before, "norm.domains.\(domain)", i, towards: values.isEmpty ? nil : values)
      }
    }
  }

  @Test(arguments: [1, 2, 30])
  func `averages of equal batches are the batch's from the first one on`(batches: Int) {
    var fixture = fixture(inputs: 2, domains: [0, 2, 2, 2])
    fixture.plan.initialise(&fixture.parameters, seed: 1)
    // Domain 2 has means 0.02 and 0, and variances 0.0002 / 3 and 0.08 / 3.
    let x: [Float] = [1, 1, 0.01, 0.2, 0.02, 0, 0.03, -0.2]
    fixture.arena.store(x, in: fixture.input, rows: 4)
    for _ in 0..<batches { update(&fixture, from: [statistics(fixture)]) }
    let deviations = [(0.0002 / 3 + 1e-3).squareRoot(), (0.08 / 3 + 1e-3).squareRoot()]
    let expected = [0, 0, -0.01 / deviations[0], 0.2 / deviations[1], 0, 0]
    let found = Array(fixture.forward().prefix(6))
    // Thirty roundings of averages of 0.03 to 1, over deviations of 0.03.
    #expect(Tolerance(absolute: 1e-4, relative: 0).misses(found, for: expected) == [])
  }

  @Test func `a constant input has no negative variance`() {
    // Sums of rounded squares: their mean minus the squared mean may be a rounding below zero.
    for value: Float in [0.1, 0.3, 1.7, 12.3] {
      var fixture = fixture(inputs: 1, domains: Array(repeating: 0, count: 100))
      fixture.arena.store(
        Array(repeating: value, count: 100), in: fixture.input, rows: 100)
      update(&fixture, from: [statistics(fixture)])
      for entry in fixture.plan.layout.entries where entry.name == "norm.domains.0.variance" {
        let found = floats(of: fixture.parameters.span(entry.slot))[0]
        // 100 roundings of the sum, times the square, times the share of a step.
        #expect(found >= 0 && found <= 0.01 * 100 * 6e-8 * value * value)
      }
    }
  }

  @Test func `a pass changes no parameter, and repeats its sums`() {
    let fixture = DomainLayerFixture(random: .norm, inputs: 3, count: 20)
    let before = fixture.parameters.bits(0..<fixture.parameters.count)
    let first = statistics(fixture).map(\.bitPattern)
    #expect(statistics(fixture).map(\.bitPattern) == first)
    #expect(fixture.parameters.bits(0..<fixture.parameters.count) == before)
  }

  @Test func `tensors start as an identity for inputs of mean zero and variance one`() {
    var fixture = fixture(inputs: 3, domains: [0, 2])
    fixture.plan.initialise(&fixture.parameters, seed: 1)
    fixture.arena.store([1, -2, 0.5, 3, 0, -1], in: fixture.input, rows: 2)
    let expected = [1, -2, 0.5, 3, 0, -1].map { $0 / 1.001.squareRoot() }
    #expect(Tolerance(absolute: 0, relative: 1e-6).misses(fixture.forward(), for: expected) == [])
  }

  /// A normalisation for rows of these domains, with parameters of zero or those of another.
  private func fixture(inputs: Int, domains: [Int]) -> DomainLayerFixture {
    DomainLayerFixture(.norm, inputs: inputs, batch: GateFixture.batch(domains))
  }

  private func fixture(
    inputs: Int, domains: [Int], like other: borrowing DomainLayerFixture
  ) -> DomainLayerFixture {
    var fixture = fixture(inputs: inputs, domains: domains)
    for entry in fixture.plan.layout.entries {
      fixture.parameters.store(floats(of: other.parameters.span(entry.slot)), in: entry.slot)
    }
    return fixture
  }

  /// What a pass leaves in the places of the statistics.
  private func statistics(_ fixture: borrowing DomainLayerFixture) -> [Float] {
    _ = fixture.forward()
    let cotangent = [Float](repeating: 1, count: fixture.rows.count * fixture.outputs)
    return fixture.backward(from: cotangent).statistics(fixture)
  }

  /// Updates the statistics from the sums over shards.
  private func update(_ fixture: inout DomainLayerFixture, from shards: [[Float]]) {
    guard case .norm(let norm) = fixture.layer else { return }
    var totals = [Float](repeating: 0, count: norm.statistics.count)
    for sums in shards {
      for index in totals.indices { totals[index] += sums[index] }
    }
    norm.updateStatistics(from: totals.span, parameters: &fixture.parameters)
  }

  /// Expects averages moved by a hundredth of the way to those of values, or kept without any.
  private func expectMoved(
    _ fixture: borrowing DomainLayerFixture, _ before: ReferenceParameters, _ name: String,
    _ index: Int, towards values: [Double]?
  ) {
    var expected = ["mean": before["\(name).mean"][0, index]]
    expected["variance"] = before["\(name).variance"][0, index]
    if let values {
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      expected["mean", default: 0] += 0.01 * (mean - before["\(name).mean"][0, index])
      expected["variance", default: 0] += 0.01 * (variance - before["\(name).variance"][0, index])
    }
    for (kind, value) in expected { expect(fixture, "\(name).\(kind)", index, value) }
  }

  /// Expects an element of a tensor.
  private func expect(
    _ fixture: borrowing DomainLayerFixture, _ name: String, _ index: Int, _ value: Double
  ) {
    for entry in fixture.plan.layout.entries where entry.name == name {
      let found = floats(of: fixture.parameters.span(entry.slot))[index]
      #expect(Tolerance(absolute: 2e-7, relative: 0).accepts(found, for: value), "\(name)")
    }
  }
}

extension Buffer {
  /// What gradients hold in the places of a normalisation's statistics.
  fileprivate borrowing func statistics(_ fixture: borrowing DomainLayerFixture) -> [Float] {
    guard case .norm(let norm) = fixture.layer else { return [] }
    return floats(of: span(norm.statistics))
  }
}
