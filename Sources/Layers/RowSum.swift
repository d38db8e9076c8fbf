import Kernels

/// A row of sums in double precision, rounded once: what is merged is as exact as floats can be.
struct RowSum {
  private var sums: [Double]

  /// Starts at zero.
  init(count: Int) { sums = [Double](repeating: 0, count: count) }

  /// Starts anew with a row.
  mutating func start(_ row: Span<Float>) {
    precondition(row.count == sums.count, "a row of \(row.count) for \(sums.count) sums")
    for i in 0..<row.count { sums[i] = Double(row[i]) }
  }

  /// Adds `factor` times a row.
  mutating func add(_ factor: Double, times row: Span<Float>) {
    precondition(row.count == sums.count, "a row of \(row.count) for \(sums.count) sums")
    for i in 0..<row.count { sums[i] += factor * Double(row[i]) }
  }

  /// Writes `factor` times the sums.
  func write(times factor: Double = 1, into row: inout MutableSpan<Float>) {
    precondition(row.count == sums.count, "\(sums.count) sums into a row of \(row.count)")
    for i in 0..<row.count { row[i] = Float(factor * sums[i]) }
  }
}
