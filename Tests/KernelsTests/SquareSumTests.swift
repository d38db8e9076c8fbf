import Kernels
import Reference
import Testing

@Suite struct SquareSumTests {
  @Test func `sums of whole numbers are exact`() {
    #expect(sum([]).value == 0)
    #expect(sum([3, -4]).value == 25)
    #expect(sum((1...1000).map { Float($0) }).value == 333_833_500)
  }

  @Test func `sums agree with those of double precision`() {
    let values = RandomStream(seed: 1, purpose: .synthesis).floats(10_000)
    let expected = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(sum(values).value - expected) <= 1e-12 * expected)
  }

  @Test func `neither the order nor the parts change a bit`() {
    let stream = RandomStream(seed: 2, purpose: .synthesis)
    // All exponents, subnormal numbers among them: added as doubles, order would decide.
    let values = (0..<5000).map { index in
      let bits = UInt32(truncatingIfNeeded: stream.bits(at: index))
      return Float(bitPattern: bits & 0x807F_FFFF | UInt32(index % 255) << 23)
    }
    let whole = sum(values)
    #expect(whole.value.isFinite)
    #expect(sum(values.reversed()) == whole)
    let parts = stride(from: 0, to: values.count, by: 77).map {
      sum(Array(values[$0..<min($0 + 77, values.count)])).words
    }
    let words = parts.dropFirst().reduce(parts[0]) { zip($0, $1).map(+) }
    // Carries between words differ, values do not.
    #expect(SquareSum(words: words) == whole)
    #expect(SquareSum(words: whole.words) == whole)
  }

  @Test func `a large number of the largest numbers does not wrap around`() {
    let largest = Float.greatestFiniteMagnitude
    let square = Double(largest) * Double(largest)
    #expect(sum([Float](repeating: largest, count: 100_000)).value == 100_000 * square)
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan])
  func `what is not finite makes the sum infinite`(value: Float) {
    #expect(sum([1, value]).value == .infinity)
  }

  private func sum(_ values: [Float]) -> SquareSum {
    var sum = SquareSum()
    sum.add(values.span)
    return sum
  }
}
