internal import CKernels

/// Which units dropout keeps, as a function of (stream, sample, unit): no mask is ever stored.
///
/// A unit is kept when its 16 random bits are at least ``threshold``; kept units are scaled by
/// `1 / (1 - rate)`. One 32-bit word serves two units, and the words of a row come from a vectorised
/// hash of (row key, word index): the “lowbias32” finaliser (C. Wellons, “Prospecting for hash
/// functions”, 2018) of one half of the key and the index, and half of one more with the other half.
public struct DropoutMask: Sendable {
  private let stream: RandomStream
  private let threshold: UInt32

  /// The factor of kept units.
  public let scale: Float

  /// A mask for a rate in `0..<1`, which is rounded to a multiple of 2^-16.
  public init(rate: Float, stream: RandomStream) {
    precondition(rate >= 0 && rate < 1, "a dropout rate of \(rate)")
    self.stream = stream
    threshold = min(65_535, UInt32((Double(rate) * 65_536).rounded()))
    scale = Float(65_536 / (65_536 - Double(threshold)))
  }

  /// The key of a sample's row: the same for all layers, computed once.
  public func rowKey(sample: Int) -> UInt64 { stream.derived(sample).key }

  /// Whether a unit is kept: the definition, one unit at a time.
  ///
  /// `unit` counts from zero in a row of `width` units; `firstWord` tells layers apart.
  public func keeps(unit: Int, width: Int, rowKey: UInt64, firstWord: Int) -> Bool {
    let half = (width + 1) / 2
    let word = DropoutMask.word(firstWord + unit % half, rowKey)
    return (unit < half ? word & 0xFFFF : word >> 16) >= threshold
  }

  /// The number of words a row of `width` units uses.
  public static func wordCount(width: Int) -> Int { (width + 1) / 2 }

  @inline(__always)
  private static func word(_ index: Int, _ rowKey: UInt64) -> UInt32 {
    let low = UInt32(truncatingIfNeeded: rowKey)
    let high = UInt32(truncatingIfNeeded: rowKey >> 32)
    let x = (mix32(low &+ UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9) ^ high) &* 0x7FEB_352D
    return x ^ (x >> 16)
  }

  /// The masks of rows, as the C kernels take them.
  @unsafe
  func settings(_ rowKeys: UnsafePointer<UInt64>, _ firstWord: Int) -> ck_dropout {
    unsafe ck_dropout(
      row_keys: rowKeys, first_word: UInt32(truncatingIfNeeded: firstWord), threshold: threshold,
      scale: scale)
  }
}

/// The “lowbias32” finaliser: a bijection of 32 bits with little bias.
@inline(__always)
private func mix32(_ x: UInt32) -> UInt32 {
  var x = x
  x ^= x >> 16
  x = x &* 0x7FEB_352D
  x ^= x >> 15
  x = x &* 0x846C_A68B
  return x ^ (x >> 16)
}
