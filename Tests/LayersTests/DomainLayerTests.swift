import Kernels
import Layers
import Reference
import Testing

/// What holds for every layer of ``DomainLayerFixture``, for any number of rows and inputs.
@Suite struct DomainLayerTests {
  private typealias Kind = DomainLayerFixture.Kind

  private static let kinds: [Kind] = [
    .stack(widths: [1], addsToInput: false), .stack(widths: [7, 3, 5], addsToInput: true),
    .heads(widths: []), .heads(widths: [9]), .heads(widths: [6, 2]),
    .gates(experts: 1, outputs: 3), .gates(experts: 4, outputs: 7), .star(outputs: 1),
    .star(outputs: 9), .norm,
  ]
  /// Those without a layer of one unit: its matrix product sums in another order for one row, and its
  /// unit may be zero for all rows of a domain.
  private static let wide = kinds.filter {
    $0 != .stack(widths: [1], addsToInput: false) && $0 != .star(outputs: 1)
  }
  /// The inputs of one field of width 1, 3 or 8, and of seven of width 8.
  private static let inputs = [1, 3, 8, 56]
  private static let counts = [0, 1, 7, 128]

  /// Small, because many units rectify; the rounding error is 1e-8 times the loss, below 100.
  private let step = 1e-8

  @Test(arguments: kinds, inputs)
  func `outputs agree with double precision`(kind: DomainLayer.Kind, inputs: Int) {
    for count in DomainLayerTests.counts {
      for mask in masks(kind) {
        let fixture = DomainLayerFixture(
          random: kind, inputs: inputs, count: count, dropout: mask)
        let expected = fixture.reference(
          ReferenceParameters(fixture.parameters, layout: fixture.plan.layout),
          table(of: fixture.arena.matrix(fixture.input, rows: count)),
          experts: fixture.experts.map { table(of: fixture.arena.matrix($0.value, rows: count)) },
          rows: fixture.referenceRows
        ).elements
        // Sums of up to 56 products of numbers below one, and of products with such sums.
        let tolerance = Tolerance(absolute: 4e-6, relative: 4e-6)
        #expect(tolerance.misses(fixture.forward(), for: expected) == [])
      }
    }
  }

  @Test(arguments: kinds, inputs)
  func `gradients agree with central differences`(kind: DomainLayer.Kind, inputs: Int) {
    for count in DomainLayerTests.counts {
      for mask in masks(kind) {
        let fixture = DomainLayerFixture(
          random: kind, inputs: inputs, count: count, dropout: mask)
        let cotangent = cotangent(fixture)
        _ = fixture.forward()
        let gradients = fixture.backward(from: cotangent)
        #expect(inputMisses(fixture, cotangent) == [])
        #expect(parameterMisses(fixture, gradients, cotangent) == [])
      }
    }
  }

  @Test(arguments: wide, [[0, 2], [1], [2]])
  func `domains without rows get gradients of zero`(kind: DomainLayer.Kind, present: [Int]) {
    let fixture = DomainLayerFixture(random: kind, inputs: 5, count: 40, domains: present)
    let cotangent = cotangent(fixture)
    _ = fixture.forward()
    let gradients = fixture.backward(from: cotangent)
    #expect(inputMisses(fixture, cotangent) == [])
    #expect(parameterMisses(fixture, gradients, cotangent) == [])
    for domain in 0..<DomainLayer.domainCount {
      for entry in trained(fixture) where entry.name.contains("domains.\(domain).") {
        let values = floats(of: gradients.span(entry.slot))
        // The gate of one expert is the same for every input.
        let isConstant = kind == .gates(experts: 1, outputs: 3)
        #expect(
          values.allSatisfy { $0 == 0 } == (isConstant || !present.contains(domain)),
          "\(entry.name)")
      }
    }
  }

  @Test(arguments: wide, [1, 8, 56])
  func `a row has the same bits alone and in a batch`(kind: DomainLayer.Kind, inputs: Int) {
    for mask in masks(kind) {
      let count = 33
      let batch = DomainLayerFixture(random: kind, inputs: inputs, count: count, dropout: mask)
      let expected = batch.forward()
      for row in 0..<count {
        var one = GateFixture.batch([Int(batch.batch.domains[row])])
        one.samples[0] = batch.batch.samples[row]
        var alone = DomainLayerFixture(kind, inputs: inputs, batch: one, dropout: mask)
        for entry in alone.plan.layout.entries {
          alone.parameters.store(
            floats(of: batch.parameters.span(entry.slot)), in: entry.slot)
        }
        let slots = zip(
          [alone.input] + alone.experts.map(\.value), [batch.input] + batch.experts.map(\.value))
        for (slot, all) in slots {
          let first = row * slot.columns
          alone.arena.store(
            Array(batch.values(of: all)[first..<first + slot.columns]), in: slot, rows: 1)
        }
        let found = expected[row * batch.outputs..<(row + 1) * batch.outputs]
        #expect(alone.forward().map(\.bitPattern) == found.map(\.bitPattern))
      }
    }
  }

  @Test(arguments: kinds)
  func `a pass repeated has the same bits`(kind: DomainLayer.Kind) {
    let fixture = DomainLayerFixture(random: kind, inputs: 5, count: 40)
    let cotangent = cotangent(fixture)
    let outputs = fixture.forward()
    let gradients = fixture.backward(from: cotangent)
    let inputGradient = fixture.values(of: fixture.inputGradient)
    #expect(fixture.forward().map(\.bitPattern) == outputs.map(\.bitPattern))
    let second = fixture.backward(from: cotangent)
    for entry in fixture.plan.layout.entries {
      #expect(gradients.bits(entry.slot.range) == second.bits(entry.slot.range), "\(entry.name)")
    }
    #expect(
      fixture.values(of: fixture.inputGradient).map(\.bitPattern)
        == inputGradient.map(\.bitPattern))
  }

  private func masks(_ kind: DomainLayer.Kind) -> [DropoutMask?] {
    switch kind {
    case .stack, .heads:
      [nil, DropoutMask(rate: 0.5, stream: RandomStream(seed: 9, purpose: .dropout))]
    case .gates, .star, .norm: [nil]
    }
  }

  private func cotangent(_ fixture: borrowing DomainLayerFixture) -> [Float] {
    RandomStream(seed: 8, purpose: .synthesis).floats(fixture.rows.count * fixture.outputs)
  }

  /// The tensors with a gradient: all but a normalisation's statistics.
  private func trained(_ fixture: borrowing DomainLayerFixture) -> [Layout.Entry] {
    guard case .norm(let norm) = fixture.layer else { return fixture.plan.layout.entries }
    return fixture.plan.layout.entries.filter { !norm.statistics.overlaps($0.slot.range) }
  }

  /// Where the gradient of `Σ cotangent · y` for some rows of `x`, or of experts' outputs, is another one.
  private func inputMisses(
    _ fixture: borrowing DomainLayerFixture, _ cotangent: [Float]
  ) -> [String] {
    let parameters = ReferenceParameters(fixture.parameters, layout: fixture.plan.layout)
    let initial = fixture.kind.addsToInput ? Double(DomainLayerFixture.initialGradient) : 0
    let slots = [(fixture.input, fixture.inputGradient)] + fixture.experts.map { ($0, $1) }
    let all = slots.map { table(of: fixture.arena.matrix($0.0, rows: fixture.rows.count)) }
    let rows = fixture.referenceRows
    var misses: [String] = []
    // A row's gradient depends on that row alone.
    for row in samples(rows.count, atMost: 7) {
      let one = ReferenceRows(
        domains: [rows.domains[row]], samples: [rows.samples[row]], dropout: rows.dropout)
      let values = all.map { $0.row(row) }
      for (slot, gradient) in slots.map(\.1).enumerated() {
        let columns = samples(gradient.columns, atMost: 24)
        let found = floats(of: fixture.arena.matrix(gradient, rows: rows.count)[row: row])
        let expected = columns.map { index in
          (slot == 0 ? initial : 0)
            + values[slot].derivative(at: index, step: step) { value in
              var shifted = values
              shifted[slot] = value
              let y = fixture.reference(
                parameters, shifted[0], experts: Array(shifted.dropFirst()), rows: one)
              return y.elements.indices.reduce(0) {
                $0 + y.elements[$1] * Double(cotangent[row * y.columns + $1])
              }
            }
        }
        misses += Tolerance(absolute: 1e-5, relative: 5e-6).misses(
          columns.map { found[$0] }, for: expected, "\(slot)[\(row)]")
      }
    }
    return misses
  }

  /// Where the gradient of `Σ cotangent · y` for some elements of the parameters is another one.
  private func parameterMisses(
    _ fixture: borrowing DomainLayerFixture, _ gradients: borrowing Buffer, _ cotangent: [Float]
  ) -> [String] {
    let count = fixture.rows.count
    let parameters = ReferenceParameters(fixture.parameters, layout: fixture.plan.layout)
    let x = table(of: fixture.arena.matrix(fixture.input, rows: count))
    let experts = fixture.experts.map { table(of: fixture.arena.matrix($0.value, rows: count)) }
    let rows = fixture.referenceRows
    // A sum over rows rounds once for each of them.
    let tolerance = Tolerance(absolute: 1e-5 + 5e-7 * Double(count), relative: 5e-6)
    var misses: [String] = []
    for entry in trained(fixture) {
      let found = floats(of: gradients.span(entry.slot))
      for index in samples(found.count, atMost: 5) {
        let expected = parameters.derivative(of: entry.name, at: index, step: step) { parameters in
          let y = fixture.reference(parameters, x, experts: experts, rows: rows).elements
          return y.indices.reduce(0) { $0 + y[$1] * Double(cotangent[$1]) }
        }
        misses += tolerance.misses([found[index]], for: [expected], "\(entry.name)[\(index)]")
      }
    }
    return misses
  }
}
