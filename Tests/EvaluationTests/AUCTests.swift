import Evaluation
import Kernels
import Testing

@Suite struct AUCTests {
  static let sizes = [0, 1, 2, 3, 7, 15, 16, 17, 127, 128, 129, 1009]

  /// Compares every positive with every negative row.
  static func pairwiseAUC(_ scores: [Float], _ labels: [UInt8]) -> Double? {
    var halves = 0
    var pairs = 0
    for i in scores.indices where labels[i] == 1 {
      for j in scores.indices where labels[j] == 0 {
        halves += scores[i] > scores[j] ? 2 : scores[i] == scores[j] ? 1 : 0
        pairs += 1
      }
    }
    return pairs == 0 ? nil : Double(halves) / Double(2 * pairs)
  }

  /// Labels drawn with an even chance.
  static func labels(count: Int, seed: UInt64 = 1) -> [UInt8] {
    let stream = RandomStream(seed: seed, purpose: .synthesis)
    return (0..<count).map { UInt8(stream.integer(below: 2, at: $0)) }
  }

  /// The 500 thresholds of TensorFlow 1, one after the other, with trapezoids between them.
  static func trapezoidAUC(_ probabilities: [Float], _ labels: [UInt8]) -> Double {
    let thresholds = [-1e-7] + (1...498).map { Float(Double($0) / 499) } + [1 + 1e-7]
    func rate(_ label: UInt8, above threshold: Float) -> Double {
      let rows = probabilities.indices.filter { labels[$0] == label }
      let above = rows.filter { probabilities[$0] > threshold }
      return Double(above.count) / Double(rows.count)
    }
    let rates = thresholds.map { (rate(0, above: $0), rate(1, above: $0)) }
    return zip(rates, rates.dropFirst()).reduce(0) { area, pair in
      area + (pair.0.0 - pair.1.0) * (pair.0.1 + pair.1.1) / 2
    }
  }

  @Test func `the worked example has its exact and its 500-threshold area`() {
    let labels: [UInt8] = [1, 0, 1, 0, 1, 0, 0, 1]
    let scores: [Float] = [0.2505, 0.2504, 0.2520, 0.2530, 0.9000, 0.8999, 0.1000, 0.5000]
    #expect(exactAUC(scores, labels) == 0.6875)
    #expect(thresholdAUC(scores, labels) == 0.625)
  }

  @Test(arguments: sizes, [2, 5, 1 << 20])
  func `the exact area is that of all pairs, ties included`(count: Int, distinctScores: Int) {
    let stream = RandomStream(seed: 2, purpose: .synthesis)
    let scores = (0..<count).map { row in
      Float(stream.integer(below: distinctScores, at: row) - distinctScores / 2) / 7
    }
    let labels = AUCTests.labels(count: count)
    #expect(
      exactAUC(scores, labels) == AUCTests.pairwiseAUC(scores, labels))
  }

  @Test func `scores of every sign and magnitude are ordered as numbers`() {
    let ascending: [Float] = [
      -.infinity, -.greatestFiniteMagnitude, -1, -.leastNormalMagnitude, -.leastNonzeroMagnitude,
      0, .leastNonzeroMagnitude, .leastNormalMagnitude, 1, .greatestFiniteMagnitude, .infinity,
    ]
    for lower in ascending.indices {
      for upper in ascending.indices {
        let scores = [ascending[lower], ascending[upper]]
        let expected = lower < upper ? 1 : lower == upper ? 0.5 : 0
        #expect(exactAUC(scores, [0, 1]) == expected)
      }
    }
  }

  @Test func `negative and positive zero tie`() {
    let scores: [Float] = [-0.0, 0.0]
    #expect(exactAUC(scores, [0, 1]) == 0.5)
    #expect(exactAUC(scores, [1, 0]) == 0.5)
  }

  @Test(arguments: [0, 1, 7], [0, 1] as [UInt8])
  func `one class alone has no area`(count: Int, label: UInt8) {
    let scores = (0..<count).map { Float($0) / 8 }
    let labels = [UInt8](repeating: label, count: count)
    #expect(exactAUC(scores, labels) == nil)
    #expect(thresholdAUC(scores, labels) == nil)
  }

  @Test func `reversing the scores reverses the area`() throws {
    let stream = RandomStream(seed: 3, purpose: .synthesis)
    let scores = (0..<1009).map { Float(stream.normal(at: $0)) }
    let reversed = scores.map { -$0 }
    let labels = AUCTests.labels(count: 1009)
    let area = try #require(exactAUC(scores, labels))
    let reversedArea = try #require(exactAUC(reversed, labels))
    #expect(abs(area + reversedArea - 1) <= 0x1p-53)  // both quotients are rounded once
  }

  @Test func `a large split is counted without rounding`() {
    // Row r scores r; positives are the odd rows: a positive beats the negatives up to it.
    let count = 1 << 18
    let scores = (0..<count).map { Float($0) }
    let labels = (0..<count).map { UInt8($0 % 2) }
    let half = count / 2
    let expected = Double(half * (half + 1) / 2) / Double(half * half)
    #expect(exactAUC(scores, labels) == expected)
  }

  @Test(arguments: [7, 129, 1009])
  func `the 500-threshold area is the sum of its trapezoids`(count: Int) throws {
    let stream = RandomStream(seed: 4, purpose: .synthesis)
    // Every other value lies on a threshold, where "above" excludes it.
    let probabilities = (0..<count).map { row in
      row.isMultiple(of: 2)
        ? Float(Double(stream.integer(below: 500, at: row)) / 499)
        : Float(stream.uniform(at: row))
    }
    let labels = AUCTests.labels(count: count)
    let area = try #require(thresholdAUC(probabilities, labels))
    let expected = AUCTests.trapezoidAUC(probabilities, labels)
    #expect(abs(area - expected) < 1e-12)  // 499 additions of rounded doubles below 1
  }

  @Test func `a score that is not a number is refused`() async {
    await #expect(processExitsWith: .failure) {
      _ = exactAUC([.nan, 1], [0, 1])
    }
  }
}
