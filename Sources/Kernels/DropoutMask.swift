internal import CKernels

/// Which units dropout keeps, as a function of (stream, sample, unit): no mask is ever stored.
///
/// A unit is kept when its 16 random bits are at least ``threshold``; kept units are scaled by
/// `1 / (1 - rate)`. One 32-bit word serves two units, and the words of a row come from a vectorised
/// hash of (row key, word index): two rounds of the “lowbias32” finaliser (C. Wellons,
/// “Prospecting for hash functions”, 2018).
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
    return mix32(mix32(low &+ UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9) ^ high)
  }

  /// The mask of a row, as the C kernels take it.
  private func settings(_ rowKey: UInt64, _ firstWord: Int) -> ck_dropout {
    ck_dropout(
      row_key: rowKey, first_word: UInt32(truncatingIfNeeded: firstWord), threshold: threshold,
      scale: scale)
  }

  /// `y = max(0, mask · (y + bias))`: bias, dropout and ReLU in one pass over a row.
  func applyWithBiasAndReLU(
    _ y: inout MutableSpan<Float>, bias: Span<Float>, rowKey: UInt64, firstWord: Int
  ) {
    precondition(y.count == bias.count, "\(bias.count) biases for \(y.count) units")
    unsafe bias.withUnsafeBufferPointer { bias in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe ck_bias_drop_rectify(
          y.count, settings(rowKey, firstWord), bias.baseAddress, y.baseAddress)
      }
    }
  }

  /// `y = mask · (y + bias)`: bias and dropout in one pass over a row.
  func applyWithBias(
    _ y: inout MutableSpan<Float>, bias: Span<Float>, rowKey: UInt64, firstWord: Int
  ) {
    precondition(y.count == bias.count, "\(bias.count) biases for \(y.count) units")
    unsafe bias.withUnsafeBufferPointer { bias in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe ck_bias_drop(
          y.count, settings(rowKey, firstWord), bias.baseAddress, y.baseAddress)
      }
    }
  }

  /// `y = mask · y` over a row.
  func apply(_ y: inout MutableSpan<Float>, rowKey: UInt64, firstWord: Int) {
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe ck_drop(y.count, settings(rowKey, firstWord), y.baseAddress)
    }
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
