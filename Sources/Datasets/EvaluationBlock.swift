/// Rows that are scored together: the same blocks for any number of ranks.
public struct EvaluationBlock: Hashable, Sendable {
  /// The domain of all rows of the block.
  public let domain: Int
  /// The rows.
  public let samples: Range<Int>
}

extension SplitRows {
  /// Cuts the split into blocks of at most `rows` rows, each within one domain, in order.
  public func blocks(ofRows rows: Int) -> [EvaluationBlock] {
    precondition(rows > 0, "blocks of \(rows) rows")
    return (0..<domainCount).flatMap { domain in
      let samples = samples(ofDomain: domain)
      return stride(from: samples.lowerBound, to: samples.upperBound, by: rows).map { start in
        EvaluationBlock(
          domain: domain, samples: start..<min(start + rows, samples.upperBound))
      }
    }
  }
}
