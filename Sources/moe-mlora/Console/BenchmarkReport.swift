internal import Foundation

/// What a benchmark measured.
struct BenchmarkReport: Encodable {
  let phase: String
  let ranks: Int
  /// Rows per second.
  let median: Double
  let minimum: Double
  let maximum: Double
  let peakMemoryInBytes: Int

  /// The floating-point operations that training a row takes at least.
  let operationsPerRow: Int
  /// The operations per second of a matrix product, measured between the epochs.
  let productRate: Double
  /// The median's share of the rows that so many products would allow.
  let shareOfBound: Double

  /// Summarises rates in rows per second, at least one.
  init(phase: String, ranks: Int, rates: [Double], operationsPerRow: Int, productRate: Double) {
    let sorted = rates.sorted()
    let middle = sorted.count / 2
    self.phase = phase
    self.ranks = ranks
    median =
      sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    minimum = sorted[0]
    maximum = sorted[sorted.count - 1]
    peakMemoryInBytes = Processor.peakMemoryInBytes
    self.operationsPerRow = operationsPerRow
    self.productRate = productRate
    shareOfBound = median * Double(operationsPerRow) / (productRate * Double(ranks))
  }

  /// The figures in one line.
  var text: String {
    "\(phase), \(counted(ranks, "rank")): \(Int(median)) rows/s (\(Int(minimum)) to \(Int(maximum))), "
      + "\(Int(100 * shareOfBound)) % of what products at \(Int(productRate / 1e9)) GFLOP/s allow, "
      + "peak memory \(peakMemoryInBytes / 1_000_000) MB"
  }

  /// The figures as one line of JSON.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
