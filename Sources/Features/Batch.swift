/// The rows of one shard: ids, labels and where each row comes from, with fixed capacity.
///
/// Rows are ordered by domain, so that the rows of a domain are one run.
public struct Batch: Sendable {
  /// The largest number of rows the batch can hold.
  public let capacity: Int
  /// The number of fields, `F`.
  public let fieldCount: Int
  /// The number of rows it holds now.
  public private(set) var count = 0

  /// The ids of field `f` are at `f * capacity ..< f * capacity + count`.
  public var ids: [Int32]
  /// One label per row, 0 or 1.
  public var labels: [Float]
  /// The row's index among all rows of its split, the same however rows are shared out.
  public var samples: [Int]
  /// The domain of each row; non-decreasing.
  public var domains: [Int32]
  /// The first row of each domain and the end of the last, in a batch filled from a dataset.
  public var domainStarts: [Int] = []

  /// Creates an empty batch.
  public init(capacity: Int, fieldCount: Int) {
    self.capacity = capacity
    self.fieldCount = fieldCount
    ids = Array(repeating: 0, count: capacity * fieldCount)
    labels = Array(repeating: 0, count: capacity)
    samples = Array(repeating: 0, count: capacity)
    domains = Array(repeating: 0, count: capacity)
  }

  /// Sets the number of rows, of which the arrays then hold that many.
  public mutating func resize(to count: Int) {
    precondition(count >= 0 && count <= capacity, "\(count) rows in a batch of \(capacity)")
    self.count = count
  }

  /// The ids of one field.
  public func ids(ofField field: Int) -> ArraySlice<Int32> {
    ids[field * capacity..<field * capacity + count]
  }

  /// Copies the ids of one field from a column, which begins with the id of `firstSample`, to some rows.
  public mutating func gather(
    _ column: Span<Int32>, ofField field: Int, firstSample: Int, into rows: Range<Int>
  ) {
    precondition(rows.upperBound <= count, "rows \(rows) of \(count)")
    Batch.gather(
      column, firstSample: firstSample, samples: samples, rows: rows, into: &ids,
      behind: field * capacity)
  }

  /// A static function, because a view of one array of a value excludes all other uses of the value.
  private static func gather(
    _ column: Span<Int32>, firstSample: Int, samples: [Int], rows: Range<Int>,
    into ids: inout [Int32], behind start: Int
  ) {
    let samples = samples.span
    var targets = ids.mutableSpan
    for row in rows { targets[start + row] = column[samples[row] - firstSample] }
  }

  /// The rows of each domain that occurs, in ascending order of domain.
  public func forEachDomainRun(_ body: (_ domain: Int, _ rows: Range<Int>) -> Void) {
    var start = 0
    while start < count {
      var end = start + 1
      while end < count && domains[end] == domains[start] { end += 1 }
      body(Int(domains[start]), start..<end)
      start = end
    }
  }
}
