/// A stateless stream of random numbers: every number is a function of (key, counter).
///
/// The key is derived from a seed, a purpose and any number of indices (epoch, step, sample, …), so
/// nothing has to be saved, and the numbers do not depend on who draws them or in which order.
/// The generator is SplitMix64 addressed by counter.
///
/// - Source: Steele, Lea, Flood, “Fast splittable pseudorandom number generators”, 2014.
public struct RandomStream: Hashable, Sendable {
  /// The key; equal keys give equal streams.
  public let key: UInt64

  /// The stream of a seed and a purpose.
  public init(seed: UInt64, purpose: RandomPurpose) {
    key = mix64(mix64(seed &+ goldenGamma) ^ (purpose.rawValue &* goldenGamma))
  }

  private init(key: UInt64) { self.key = key }

  /// An independent stream for an index: an epoch, a step, a sample.
  public func derived(_ index: Int) -> RandomStream {
    let index = UInt64(truncatingIfNeeded: index)
    return RandomStream(key: mix64(key ^ mix64(index &* goldenGamma &+ 0xD1B5_4A32_D192_ED03)))
  }

  /// 64 random bits.
  public func bits(at counter: Int) -> UInt64 {
    mix64(key &+ (UInt64(truncatingIfNeeded: counter) &+ 1) &* goldenGamma)
  }

  /// A number in `[0, 1)` with 53 random bits.
  public func uniform(at counter: Int) -> Double {
    Double(bits(at: counter) >> 11) * 0x1p-53
  }

  /// An integer in `0..<bound`; its bias is below `bound / 2^64`.
  public func integer(below bound: Int, at counter: Int) -> Int {
    precondition(bound > 0, "a random integer below \(bound)")
    return Int(bits(at: counter).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// The integers `0..<count`, at most 2^31 - 1, in a random order (Fisher and Yates).
  ///
  /// - Complexity: O(`count`).
  public func permutation(count: Int) -> [Int32] {
    precondition((0...Int(Int32.max)).contains(count), "a permutation of \(count) integers")
    var order = (0..<Int32(count)).map { $0 }
    shuffle(&order)
    return order
  }

  /// Puts elements into a random order (Fisher and Yates).
  ///
  /// - Complexity: O(n).
  public func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, integer(below: last + 1, at: last))
    }
  }
}

/// 2^64 divided by the golden ratio, odd: the increment of SplitMix64.
private let goldenGamma: UInt64 = 0x9E37_79B9_7F4A_7C15

/// SplitMix64's bijective finaliser.
private func mix64(_ x: UInt64) -> UInt64 {
  var z = x
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
