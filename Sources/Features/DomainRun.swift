/// Consecutive rows of one domain.
public struct DomainRun: Hashable, Sendable {
  /// The domain.
  public let domain: Int
  /// The rows.
  public let rows: Range<Int>

  /// Creates a run.
  public init(domain: Int, rows: Range<Int>) {
    self.domain = domain
    self.rows = rows
  }
}
