import Kernels
import Reference
import Testing

@Suite struct DropoutMaskTests {
  private static let rates: [Float] = [0, 0.1, 0.5, 0.9]

  @Test(arguments: [0, 1, 2, 7, 15, 16, 17, 255, 256, 257], rates)
  func `the fast passes agree with the definition unit by unit`(width: Int, rate: Float) {
    let mask = mask(rate)
    let keys: [UInt64] = (0..<5).map { mask.rowKey(sample: 31 * $0) }
    let stream = RandomStream(seed: 4, purpose: .synthesis)
    let (x, bias) = (stream.floats(5 * width), stream.derived(1).floats(width))
    for firstWord in [0, 1, 200] {
      let factors: [Float] = (0..<5).flatMap { row in
        (0..<width).map { unit in
          let keeps = mask.keeps(
            unit: unit, width: width, rowKey: keys[row], firstWord: firstWord)
          return keeps ? mask.scale : 0
        }
      }
      let source = Tensor(rows: 5, columns: width, x)
      var plain = Tensor(rows: 5, columns: width, repeating: .nan)
      var biased = Tensor(rows: 5, columns: width, x)
      var rectified = Tensor(rows: 5, columns: width, x)
      do {
        var view = plain.mutableMatrix
        drop(source.matrix, into: &view, dropout: mask, rowKeys: keys.span, firstWord: firstWord)
      }
      do {
        var view = biased.mutableMatrix
        drop(&view, bias: bias.span, dropout: mask, rowKeys: keys.span, firstWord: firstWord)
      }
      do {
        var view = rectified.mutableMatrix
        rectify(&view, bias: bias.span, dropout: mask, rowKeys: keys.span, firstWord: firstWord)
      }
      let expected = x.indices.map { (x[$0] + bias[$0 % width]) * factors[$0] }
      #expect(plain.values == x.indices.map { x[$0] * factors[$0] })
      #expect(biased.values == expected)
      #expect(rectified.values == expected.map { $0 > 0 ? $0 : 0 })
    }
  }

  @Test(arguments: rates)
  func `the share of kept units is one minus the rate`(rate: Float) {
    let kept = keeps(mask(rate), samples: 4096)
    let share = Double(kept.count { $0 }) / Double(kept.count)
    // Five standard deviations of the mean of a million independent units, and the rounding of the
    // rate to 16 bits.
    let deviation = (Double(rate) * Double(1 - rate) / Double(kept.count)).squareRoot()
    #expect(abs(share - Double(1 - rate)) <= 5 * deviation + 0x1p-17)
  }

  @Test(arguments: rates)
  func `the expected factor is one`(rate: Float) {
    // The share of kept units is a multiple of 2^-16, so that its product with the scale is one
    // but for the scale's rounding.
    let keptShare = 1 - (Double(rate) * 65_536).rounded() / 65_536
    #expect(abs(Double(mask(rate).scale) * keptShare - 1) <= 0x1p-23)
  }

  @Test func `a rate of zero changes nothing`() {
    #expect(mask(0).scale == 1)
    #expect(keeps(mask(0), samples: 64).allSatisfy { $0 })
  }

  @Test func `a rate just below one still keeps units`() {
    let mask = mask(Float(1).nextDown)
    #expect(mask.scale == 65_536)
    #expect(keeps(mask, samples: 4096).contains(true))
  }

  @Test func `masks of other samples, layers and streams are independent`() {
    let own = keeps(mask(0.5), samples: 1024)
    expectIndependent(own, keeps(mask(0.5), samples: 1024, firstSample: 1024))
    expectIndependent(own, keeps(mask(0.5), samples: 1024, firstSample: 1))
    expectIndependent(own, keeps(mask(0.5), samples: 1024, firstWord: 128))
    expectIndependent(own, keeps(mask(0.5), samples: 1024, firstWord: 1))
    expectIndependent(own, keeps(mask(0.5, seed: 2), samples: 1024))
    expectIndependent(own, keeps(mask(0.5, epoch: 1), samples: 1024))
  }

  @Test(arguments: [1, 2, 127, 128, 129, 255])
  func `units of one row are independent`(distance: Int) {
    let kept = keeps(mask(0.5), samples: 2048)
    let shifted = kept.indices.map { index in
      kept[index - index % 256 + (index + distance) % 256]
    }
    expectIndependent(kept, shifted)
  }

  @Test func `a rate of one traps`() async {
    await #expect(processExitsWith: .failure) {
      _ = DropoutMask(rate: 1, stream: RandomStream(seed: 1, purpose: .dropout))
    }
  }

  private func mask(_ rate: Float, seed: UInt64 = 1, epoch: Int = 0) -> DropoutMask {
    DropoutMask(
      rate: rate, stream: RandomStream(seed: seed, purpose: .dropout).derived(epoch))
  }

  /// The units of rows 256 wide that a mask keeps.
  private func keeps(
    _ mask: DropoutMask, samples: Int, firstSample: Int = 0, firstWord: Int = 0
  ) -> [Bool] {
    (firstSample..<firstSample + samples).flatMap { sample in
      let key = mask.rowKey(sample: sample)
      return (0..<256).map { mask.keeps(unit: $0, width: 256, rowKey: key, firstWord: firstWord) }
    }
  }

  /// Expects that two masks of rate one half agree on half of the units, within five standard
  /// deviations.
  private func expectIndependent(
    _ first: [Bool], _ second: [Bool], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let agreeing = zip(first, second).count { $0 == $1 }
    let deviation = Double(first.count).squareRoot() / 2
    #expect(
      abs(Double(agreeing) - Double(first.count) / 2) <= 5 * deviation,
      sourceLocation: sourceLocation)
  }
}
