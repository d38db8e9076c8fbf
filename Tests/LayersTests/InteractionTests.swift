import Kernels
import Layers
import Reference
import Testing

/// What holds for every layer of ``InteractionFixture``, for any number and width of fields.
@Suite struct InteractionTests {
  private typealias Kind = InteractionFixture.Kind

  private static let sizes = [1, 2, 3, 7].flatMap { fields in [1, 3, 8].map { (fields, $0) } }
  private static let counts = [0, 1, 7, 128]

  /// Sizes below, at and above those of a vector, and other numbers of layers than the reference's.
  private static let small: [Kind] = [
    .compressed(maps: [1]), .compressed(maps: [4, 3]), .compressed(maps: [34, 17]),
    .compressed(maps: [6, 32, 5]), .attention(layers: 1, heads: 1, headWidth: 1),
    .attention(layers: 2, heads: 3, headWidth: 5), .attention(layers: 3, heads: 4, headWidth: 8),
  ]

  /// Small, because thousands of maps rectify; the rounding error is 1e-8 times the loss, below 100.
  private let step = 1e-8

  private static let referenceSizes: [Kind] = [
    .compressed(maps: [128, 128]), .attention(layers: 3, heads: 4, headWidth: 8),
  ]

  @Test(arguments: small + referenceSizes, sizes)
  func `outputs agree with double precision`(
    kind: InteractionFixture.Kind, size: (fields: Int, width: Int)
  ) {
    for count in InteractionTests.counts {
      let fixture = InteractionFixture(
        kind, fields: size.fields, width: size.width, count: count, limit: 0.2)
      let parameters = ReferenceParameters(fixture.parameters, layout: fixture.plan.layout)
      let x = table(of: fixture.arena.matrix(fixture.input, rows: count))
      let expected = fixture.reference(parameters, x)
      // Sums of up to 448 products, then of 8 columns and 192 maps, of numbers below one.
      let tolerance = Tolerance(absolute: 2e-5, relative: 5e-6)
      #expect(tolerance.misses(fixture.forward(), for: expected) == [])
    }
  }

  @Test(arguments: small, sizes)
  func `gradients agree with central differences`(
    kind: InteractionFixture.Kind, size: (fields: Int, width: Int)
  ) {
    for count in InteractionTests.counts {
      let fixture = InteractionFixture(
        kind, fields: size.fields, width: size.width, count: count, limit: 0.35)
      let cotangent = RandomStream(seed: 8, purpose: .synthesis).floats(count * fixture.outputs)
      _ = fixture.forward()
      let gradients = fixture.backward(from: cotangent, addingTo: 0.5)
      let parameters = ReferenceParameters(fixture.parameters, layout: fixture.plan.layout)
      #expect(inputMisses(fixture, parameters, cotangent, initial: 0.5) == [])
      #expect(parameterMisses(fixture, gradients, parameters, cotangent) == [])
    }
  }

  @Test(arguments: referenceSizes, [(3, 8), (3, 33), (2, 300)])
  func `gradients at the reference's sizes agree with central differences`(
    kind: InteractionFixture.Kind, size: (fields: Int, width: Int)
  ) {
    let fixture = InteractionFixture(
      kind, fields: size.fields, width: size.width, count: 9, limit: 0.2)
    let cotangent = RandomStream(seed: 8, purpose: .synthesis).floats(9 * fixture.outputs)
    _ = fixture.forward()
    let gradients = fixture.backward(from: cotangent)
    let parameters = ReferenceParameters(fixture.parameters, layout: fixture.plan.layout)
    #expect(inputMisses(fixture, parameters, cotangent, initial: 0) == [])
    #expect(parameterMisses(fixture, gradients, parameters, cotangent) == [])
  }

  @Test(arguments: referenceSizes, sizes + [(3, 33), (3, 128), (2, 300)])
  func `a row has the same bits alone and in a batch`(
    kind: InteractionFixture.Kind, size: (fields: Int, width: Int)
  ) {
    let count = 130
    let batch = InteractionFixture(kind, fields: size.fields, width: size.width, count: count)
    let (outputs, inputs) = (batch.forward(), batch.values(of: batch.input))
    let (columns, inputColumns) = (batch.outputs, batch.input.columns)
    let alone = InteractionFixture(kind, fields: size.fields, width: size.width, count: 1)
    for row in 0..<count {
      let first = row * inputColumns
      alone.arena.store(Array(inputs[first..<first + inputColumns]), in: alone.input, rows: 1)
      let expected = outputs[row * columns..<(row + 1) * columns]
      #expect(alone.forward().map(\.bitPattern) == expected.map(\.bitPattern))
    }
  }

  @Test(arguments: referenceSizes)
  func `a pass repeated has the same bits`(kind: InteractionFixture.Kind) {
    let fixture = InteractionFixture(kind, fields: 3, width: 8, count: 40)
    let outputs = fixture.forward()
    let gradients = fixture.backward(from: Array(repeating: 1, count: outputs.count))
    let again = fixture.forward()
    #expect(again.map(\.bitPattern) == outputs.map(\.bitPattern))
    let second = fixture.backward(from: Array(repeating: 1, count: outputs.count))
    for entry in fixture.plan.layout.entries {
      #expect(gradients.bits(entry.slot.range) == second.bits(entry.slot.range), "\(entry.name)")
    }
  }

  /// Where the gradient of `Σ cotangent · y` for some rows of the input is another one.
  private func inputMisses(
    _ fixture: borrowing InteractionFixture, _ parameters: ReferenceParameters,
    _ cotangent: [Float], initial: Double
  ) -> [String] {
    let columns = fixture.input.columns
    let x = fixture.values(of: fixture.input)
    let found = fixture.values(of: fixture.inputGradient)
    // A row's gradient depends on that row alone.
    return samples(fixture.count, atMost: 5).flatMap { row in
      let range = row * columns..<(row + 1) * columns
      let values = Table(rows: 1, columns: columns, x[range].map(Double.init))
      let expected = samples(columns, atMost: 24).map { index in
        values.derivative(at: index, step: step) { x in
          let y = fixture.reference(parameters, x)
          return y.indices.reduce(0) { $0 + y[$1] * Double(cotangent[row * y.count + $1]) }
        }
      }
      return Tolerance(absolute: 2e-5, relative: 1e-5).misses(
        samples(columns, atMost: 24).map { found[range.lowerBound + $0] },
        for: expected.map { $0 + initial }, "x[\(row)]")
    }
  }

  /// Where the gradient of `Σ cotangent · y` for some elements of the parameters is another one.
  private func parameterMisses(
    _ fixture: borrowing InteractionFixture, _ gradients: borrowing Buffer,
    _ parameters: ReferenceParameters, _ cotangent: [Float]
  ) -> [String] {
    let x = table(of: fixture.arena.matrix(fixture.input, rows: fixture.count))
    // A sum over rows and columns rounds once for each of them.
    let tolerance = Tolerance(
      absolute: 2e-5 + 1e-6 * Double(fixture.count), relative: 1e-5)
    var misses: [String] = []
    for entry in fixture.plan.layout.entries {
      let found = floats(of: gradients.span(entry.slot))
      for index in samples(found.count, atMost: 5) {
        let expected = parameters.derivative(of: entry.name, at: index, step: step) { parameters in
          let y = fixture.reference(parameters, x)
          return y.indices.reduce(0) { $0 + y[$1] * Double(cotangent[$1]) }
        }
        misses += tolerance.misses([found[index]], for: [expected], "\(entry.name)[\(index)]")
      }
    }
    return misses
  }
}
