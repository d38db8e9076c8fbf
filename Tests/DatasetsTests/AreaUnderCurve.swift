import Glibc

/// The power of a number, by name for tests.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// The share of (positive, negative) pairs in the right order, by sorting; scores without ties.
func areaUnderCurve(_ labels: [UInt8], _ scores: [Double]) -> Double {
  let order = scores.indices.sorted { scores[$0] < scores[$1] }
  let positives = labels.count { $0 == 1 }
  let rankSum = order.enumerated().reduce(0) { $0 + (labels[$1.element] == 1 ? $1.offset + 1 : 0) }
  return Double(rankSum - positives * (positives + 1) / 2)
    / Double(positives * (labels.count - positives))
}
