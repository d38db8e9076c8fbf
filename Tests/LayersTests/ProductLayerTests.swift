import Kernels
import Layers
import Reference
import Testing

/// What holds for every layer of products between fields, for any number and width of fields.
@Suite struct ProductLayerTests {
  private typealias Kind = ProductLayerFixture.Kind

  private static let kinds: [Kind] = [
    .factorisation, .biInteraction, .innerProducts, .cross(layers: 1), .cross(layers: 3), .bilinear,
  ]
  private static let sizes = [1, 2, 3, 7].flatMap { fields in [1, 3, 8].map { (fields, $0) } }
  private static let counts = [0, 1, 7, 128]

  /// Small, because importances rectify; the rounding error is 1e-9 times the loss, below 1000.
  private let step = 1e-7

  @Test(arguments: kinds, sizes)
  func `outputs agree with double precision`(
    kind: ProductLayerFixture.Kind, size: (fields: Int, width: Int)
  ) {
    for count in ProductLayerTests.counts {
      let fixture = ProductLayerFixture(
        kind, fields: size.fields, width: size.width, count: count)
      let parameters = ReferenceParameters(fixture.parameters, layout: fixture.plan.layout)
      let x = table(of: fixture.arena.matrix(fixture.input, rows: count))
      let expected = fixture.reference(parameters, x).elements
      // Sums of up to 168 products, and of products with such sums, of numbers below one.
      let tolerance = Tolerance(absolute: 4e-6, relative: 4e-6)
      #expect(tolerance.misses(fixture.forward(), for: expected) == [])
      if kind == .factorisation {
        let sums = fixture.forward(addingTo: 0.5)
        #expect(tolerance.misses(sums, for: expected.map { $0 + 0.5 }) == [])
      }
    }
  }

  @Test(arguments: kinds, sizes)
  func `gradients agree with central differences`(
    kind: ProductLayerFixture.Kind, size: (fields: Int, width: Int)
  ) {
    for count in ProductLayerTests.counts {
      let fixture = ProductLayerFixture(
        kind, fields: size.fields, width: size.width, count: count)
      let cotangent = RandomStream(seed: 8, purpose: .synthesis).floats(
        count * fixture.outputs)
      _ = fixture.forward()
      let gradients = fixture.backward(from: cotangent, addingTo: 0.5)
      let parameters = ReferenceParameters(fixture.parameters, layout: fixture.plan.layout)
      #expect(inputMisses(fixture, parameters, cotangent, initial: 0.5) == [])
      #expect(parameterMisses(fixture, gradients, parameters, cotangent) == [])
    }
  }

  @Test(arguments: kinds, sizes + [(3, 32), (3, 33), (3, 128)])
  func `a row has the same bits alone and in a batch`(
    kind: ProductLayerFixture.Kind, size: (fields: Int, width: Int)
  ) {
    let count = 128
    let batch = ProductLayerFixture(kind, fields: size.fields, width: size.width, count: count)
    let outputs = batch.forward()
    let columns = batch.outputs
    let cotangent = RandomStream(seed: 8, purpose: .synthesis).floats(count * columns)
    _ = batch.backward(from: cotangent)
    let inputs = batch.values(of: batch.input)
    let gradients = batch.values(of: batch.inputGradient)
    let inputColumns = batch.input.columns
    let alone = ProductLayerFixture(kind, fields: size.fields, width: size.width, count: 1)
    for row in 0..<count {
      let (out, into) = (row * columns..<(row + 1) * columns, row * inputColumns)
      alone.arena.store(Array(inputs[into..<into + inputColumns]), in: alone.input, rows: 1)
      #expect(alone.forward().map(\.bitPattern) == outputs[out].map(\.bitPattern))
      // The matrix products of one row's gradients sum in another order than those of many.
      guard kind != .bilinear else { continue }
      _ = alone.backward(from: Array(cotangent[out]))
      #expect(
        alone.values(of: alone.inputGradient).map(\.bitPattern)
          == gradients[into..<into + inputColumns].map(\.bitPattern))
    }
  }

  /// Where the gradient of `Σ cotangent · y` for some rows of the input is another one.
  private func inputMisses(
    _ fixture: borrowing ProductLayerFixture, _ parameters: ReferenceParameters,
    _ cotangent: [Float], initial: Double
  ) -> [String] {
    let columns = fixture.input.columns
    let x = fixture.values(of: fixture.input)
    let found = fixture.values(of: fixture.inputGradient)
    // A row's gradient depends on that row alone.
    return samples(fixture.count, atMost: 7).flatMap { row in
      let range = row * columns..<(row + 1) * columns
      let values = Table(rows: 1, columns: columns, x[range].map(Double.init))
      let expected = samples(columns, atMost: 24).map { index in
        values.derivative(at: index, step: step) { x in
          let y = fixture.reference(parameters, x).elements
          return y.indices.reduce(0) { $0 + y[$1] * Double(cotangent[row * y.count + $1]) }
        }
      }
      return Tolerance(absolute: 2e-5, relative: 5e-6).misses(
        samples(columns, atMost: 24).map { found[range.lowerBound + $0] },
        for: expected.map { $0 + initial }, "x[\(row)]")
    }
  }

  /// Where the gradient of `Σ cotangent · y` for some elements of the parameters is another one.
  private func parameterMisses(
    _ fixture: borrowing ProductLayerFixture, _ gradients: borrowing Buffer,
    _ parameters: ReferenceParameters, _ cotangent: [Float]
  ) -> [String] {
    let x = table(of: fixture.arena.matrix(fixture.input, rows: fixture.count))
    // A sum over rows rounds once for each of them.
    let tolerance = Tolerance(absolute: 1e-5 + 5e-7 * Double(fixture.count), relative: 5e-6)
    var misses: [String] = []
    for entry in fixture.plan.layout.entries {
      let found = floats(of: gradients.span(entry.slot))
      for index in samples(found.count, atMost: 11) {
        let expected = parameters.derivative(of: entry.name, at: index, step: step) { parameters in
          let y = fixture.reference(parameters, x).elements
          return y.indices.reduce(0) { $0 + y[$1] * Double(cotangent[$1]) }
        }
        misses += tolerance.misses([found[index]], for: [expected], "\(entry.name)[\(index)]")
      }
    }
    return misses
  }
}
