/// The area under the ROC curve: the chance that a positive row scores above a negative one.
///
/// `(2·#{s⁺ > s⁻} + #{s⁺ = s⁻}) / (2·P·N)` over all pairs of one of the `P` positive and one of the
/// `N` negative rows: ties count one half. The pairs are counted in integers, exactly for up to 2^31
/// rows, so the value depends on nothing but the order of the scores, and logits and probabilities
/// give the same one as long as no two logits round to one probability.
///
/// - Parameters:
///   - scores: One score per row; `-0` and `+0` are equal, infinities are allowed, NaN is a
///     caller's mistake.
///   - labels: One label per row, 0 or 1.
/// - Returns: The area, or `nil` when there are no positive or no negative rows.
/// - Complexity: O(n), by radix sort.
public func exactAUC(scores: Span<Float>, labels: Span<UInt8>) -> Double? {
  precondition(scores.count == labels.count, "\(scores.count) scores, \(labels.count) labels")
  var keys: (negative: [UInt32], positive: [UInt32]) = ([], [])
  keys.negative.reserveCapacity(scores.count)
  for row in 0..<scores.count {
    precondition(!scores[row].isNaN, "the score of row \(row) is NaN")
    precondition(labels[row] <= 1, "the label of row \(row) is \(labels[row])")
    let key = orderedBits(scores[row])
    if labels[row] == 0 { keys.negative.append(key) } else { keys.positive.append(key) }
  }
  return exactAUC(negative: radixSorted(keys.negative), positive: radixSorted(keys.positive))
}

/// The area under the ROC curve at 500 thresholds, the figure TensorFlow 1 reports.
///
/// The thresholds are `-1e-7`, `k / 499` for `k` in `1...498`, and `1 + 1e-7`; a row is predicted
/// positive when its probability lies above. The trapezoids between them add up to the exact area
/// after every probability is replaced by the number of thresholds below it. It is here to compare
/// with published figures; ``exactAUC(scores:labels:)`` is what is reported.
///
/// - Parameters:
///   - probabilities: One probability per row; NaN is a caller's mistake.
///   - labels: One label per row, 0 or 1.
/// - Returns: The area, or `nil` when there are no positive or no negative rows.
/// - Complexity: O(n).
public func thresholdAUC(probabilities: Span<Float>, labels: Span<UInt8>) -> Double? {
  let thresholds = [-1e-7] + (1...498).map { Float(Double($0) / 499) } + [1 + 1e-7]
  var levels: [Float] = []
  levels.reserveCapacity(probabilities.count)
  for row in 0..<probabilities.count {
    precondition(!probabilities[row].isNaN, "the probability of row \(row) is NaN")
    levels.append(Float(countBelow(probabilities[row], in: thresholds)))
  }
  return exactAUC(scores: levels.span, labels: labels)
}

/// The area for ascending keys: walks the positive ones and counts the negative ones below each and
/// up to each, so that a tie is counted once where a win is counted twice.
private func exactAUC(negative: [UInt32], positive: [UInt32]) -> Double? {
  guard !negative.isEmpty, !positive.isEmpty else { return nil }
  var below = 0
  var upTo = 0
  var halves = 0
  for key in positive {
    while below < negative.count && negative[below] < key { below += 1 }
    while upTo < negative.count && negative[upTo] <= key { upTo += 1 }
    halves += below + upTo
  }
  return Double(halves) / Double(2 * negative.count * positive.count)
}

/// Bits that compare as unsigned integers the way the floats they come from compare.
private func orderedBits(_ value: Float) -> UInt32 {
  let bits = (value + 0).bitPattern  // -0 + 0 = +0
  return bits >> 31 == 0 ? bits | 1 << 31 : ~bits
}

/// The number of ascending thresholds that lie below a value, by bisection.
private func countBelow(_ value: Float, in thresholds: [Float]) -> Int {
  var range = thresholds.startIndex..<thresholds.endIndex
  while !range.isEmpty {
    let middle = (range.lowerBound + range.upperBound) / 2
    range =
      thresholds[middle] < value
      ? middle + 1..<range.upperBound : range.lowerBound..<middle
  }
  return range.lowerBound
}
