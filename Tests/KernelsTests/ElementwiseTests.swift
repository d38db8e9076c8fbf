import Kernels
import Reference
import Testing

@Suite struct ElementwiseTests {
  private static let counts = [0, 1, 7, 8, 9, 15, 16, 17, 1024]

  @Test(arguments: counts)
  func `loops agree with their formulas`(count: Int) {
    let (x, y) = vectors(count)
    #expect(changed(y) { add(x.span, into: &$0) } == zip(x, y).map { $1 + $0 })
    #expect(changed(y) { copy(x.span, into: &$0) } == x)
    #expect(changed(y) { scale(x.span, by: 0.5, into: &$0) } == x.map { 0.5 * $0 })
    #expect(changed(y) { fill(&$0, with: 3) } == [Float](repeating: 3, count: count))
    // A compiler may fuse the product and the sum, or not.
    #expect(
      Tolerance(absolute: 1e-7, relative: 1e-7).misses(
        changed(y) { axpy(0.3, x.span, into: &$0) },
        for: zip(x, y).map { Double($1) + Double(Float(0.3)) * Double($0) }) == [])
    let z = RandomStream(seed: 4, purpose: .synthesis).floats(count)
    #expect(changed(z) { product(x.span, y.span, into: &$0) } == zip(x, y).map { $0 * $1 })
    #expect(
      Tolerance(absolute: 1e-7, relative: 1e-7).misses(
        changed(z) { addProduct(x.span, y.span, into: &$0) },
        for: z.indices.map { Double(z[$0]) + Double(x[$0]) * Double(y[$0]) }) == [])
  }

  @Test(arguments: counts, [true, false])
  func `a range is added to one before or behind it, and nothing else changes`(
    count: Int, isBehind: Bool
  ) {
    let values = RandomStream(seed: 5, purpose: .synthesis).floats(2 * count + 3)
    let (first, second) = (1..<1 + count, 2 + count..<2 + 2 * count)
    let (source, target) = isBehind ? (first, second) : (second, first)
    var expected = values
    for i in 0..<count { expected[target.lowerBound + i] += values[source.lowerBound + i] }
    #expect(changed(values) { add(source, to: target, of: &$0) } == expected)
  }

  @Test func `ranges that overlap, leave the span or differ in length are not added`() async {
    await #expect(processExitsWith: .failure) {
      var values: [Float] = [1, 2, 3]
      var span = values.mutableSpan
      add(0..<2, to: 1..<3, of: &span)
    }
    await #expect(processExitsWith: .failure) {
      var values: [Float] = [1, 2, 3]
      var span = values.mutableSpan
      add(0..<2, to: 2..<4, of: &span)
    }
    await #expect(processExitsWith: .failure) {
      var values: [Float] = [1, 2, 3]
      var span = values.mutableSpan
      add(0..<1, to: 1..<3, of: &span)
    }
  }

  @Test(arguments: counts)
  func `inverse square roots agree with double precision`(count: Int) {
    let x = vectors(count).x.map(abs)
    // Four roundings.
    #expect(
      Tolerance(absolute: 0, relative: 3e-7).misses(
        changed(x) { inverseSquareRoots(of: x.span, times: 0.5, plus: 0.25, into: &$0) },
        for: x.map { 1 / (0.5 * Double($0) + 0.25).squareRoot() }) == [])
  }

  @Test(arguments: counts)
  func `the dot product agrees with double precision`(count: Int) {
    let (x, y) = vectors(count)
    let expected = zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let found = dot(x.span, y.span)
    #expect(Tolerance(absolute: 1e-5, relative: 0).misses([found], for: [expected]) == [])
  }

  @Test(arguments: counts)
  func `rows are added from the first to the last`(count: Int) {
    let (x, _) = vectors(count)
    let rows = Tensor(rows: 2, columns: count, x + x)
    #expect(changed(x) { addRows(of: rows.matrix, into: &$0) } == x.map { ($0 + $0) + $0 })
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity, .signalingNaN])
  func `one value that is not finite is found anywhere`(value: Float) {
    for count in ElementwiseTests.counts {
      var x = vectors(count).x
      #expect(isFinite(x))
      for index in Set([0, count / 2, count - 1]).filter(x.indices.contains).sorted() {
        let kept = x[index]
        x[index] = value
        #expect(!isFinite(x))
        x[index] = kept
      }
    }
    #expect(isFinite([.greatestFiniteMagnitude, .leastNonzeroMagnitude]))
  }

  @Test func `other counts trap`() async {
    await #expect(processExitsWith: .failure) {
      _ = dot(([1, 2] as [Float]).span, ([1] as [Float]).span)
    }
    await #expect(processExitsWith: .failure) {
      var y: [Float] = [1]
      var span = y.mutableSpan
      add(([1, 2] as [Float]).span, into: &span)
    }
    await #expect(processExitsWith: .failure) {
      var z: [Float] = [1]
      var span = z.mutableSpan
      product(([1] as [Float]).span, ([1, 2] as [Float]).span, into: &span)
    }
    await #expect(processExitsWith: .failure) {
      var z: [Float] = [1]
      var span = z.mutableSpan
      addProduct(([1, 2] as [Float]).span, ([1] as [Float]).span, into: &span)
    }
  }

  private func isFinite(_ x: [Float]) -> Bool { allFinite(x.span) }

  private func vectors(_ count: Int) -> (x: [Float], y: [Float]) {
    let stream = RandomStream(seed: 3, purpose: .synthesis)
    return (stream.floats(count), stream.derived(1).floats(count))
  }

  private func changed(
    _ values: [Float], _ body: (inout MutableSpan<Float>) -> Void
  ) -> [Float] {
    var values = values
    var span = values.mutableSpan
    body(&span)
    return values
  }
}
