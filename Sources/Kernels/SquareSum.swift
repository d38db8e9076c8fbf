/// The sum of squares of floats, exact: neither their order nor who adds which changes it.
///
/// A finite float is a whole number below `2^24` times a power of two, so that the squares of floats with
/// the same exponent are summed as whole numbers, in 128 bits. Ranks add their sums word by word.
public struct SquareSum: Hashable, Sendable {
  /// By exponent of the floats: the sum of the squared whole numbers.
  private var sums = [UInt128](repeating: 0, count: exponents)

  private static let exponents = 256
  /// The parts in which a sum is sent, 32 bits each.
  private static let partsPerSum = 4

  /// A sum of nothing.
  public init() {}

  /// Adds the squares of some floats.
  public mutating func add(_ values: Span<Float>) {
    var sums = sums.mutableSpan
    for index in 0..<values.count {
      let bits = values[index].bitPattern
      let exponent = Int(bits >> 23 & 0xFF)
      let fraction = UInt64(bits & 0x7F_FFFF)
      // Subnormal numbers have no leading bit, and the exponent of the smallest normal ones.
      let whole = exponent == 0 ? fraction << 1 : fraction | 0x80_0000
      sums[exponent] += UInt128(whole * whole)
    }
  }

  /// The sum in double precision; infinite if a number was not finite.
  public var value: Double {
    guard sums[SquareSum.exponents - 1] == 0 else { return .infinity }
    var total = 0.0
    for (exponent, sum) in sums.enumerated().reversed() where sum > 0 {
      // The value of a float is its whole number times 2^(exponent - 150).
      total += Double(sign: .plus, exponent: 2 * (exponent - 150), significand: Double(sum))
    }
    return total
  }

  /// The sum in parts that other ranks' can be added to, up to two thousand million of them.
  public var words: [Int64] {
    sums.flatMap { sum in
      (0..<SquareSum.partsPerSum).map { Int64(truncatingIfNeeded: sum >> (32 * $0) & 0xFFFF_FFFF) }
    }
  }

  /// The sum whose parts, or whose ranks' added parts, are these.
  public init(words: [Int64]) {
    precondition(
      words.count == SquareSum.exponents * SquareSum.partsPerSum, "\(words.count) words of a sum")
    for index in sums.indices {
      for part in (0..<SquareSum.partsPerSum).reversed() {
        sums[index] = sums[index] << 32 + UInt128(words[index * SquareSum.partsPerSum + part])
      }
    }
  }
}
