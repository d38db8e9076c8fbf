public import Features
public import Kernels

/// What layers need to know of a shard's rows besides their values; sized once, refilled per shard.
public struct RowContext: Sendable {
  /// The number of rows, `B`.
  public private(set) var count = 0
  /// The rows of each domain, in ascending order of domain.
  public private(set) var runs: [DomainRun] = []
  /// Which units are dropped; `nil` outside training.
  public private(set) var dropout: DropoutMask?
  /// The dropout key of each row.
  public private(set) var rowKeys: [UInt64]

  /// Creates a context for up to `capacity` rows of `domainCount` domains.
  public init(capacity: Int, domainCount: Int) {
    rowKeys = Array(repeating: 0, count: capacity)
    runs.reserveCapacity(min(capacity, domainCount))
  }

  /// Describes the rows of a batch, which are ordered by domain.
  public mutating func describe(_ batch: Batch, dropout: DropoutMask?) {
    count = batch.count
    runs.removeAll(keepingCapacity: true)
    batch.forEachDomainRun { domain, rows in
      let last = runs.last?.domain ?? -1
      precondition(last < domain, "rows of domain \(domain) behind those of \(last)")
      runs.append(DomainRun(domain: domain, rows: rows))
    }
    self.dropout = dropout
    guard let dropout else { return }
    for row in 0..<count { rowKeys[row] = dropout.rowKey(sample: batch.samples[row]) }
  }
}
