/// Rows of one domain in memory, column by column.
public struct LabelledRows: Hashable, Sendable {
  /// The ids, one array per stored field, in the schema's order.
  public var ids: [[Int32]]
  /// One label per row, 0 or 1.
  public var labels: [UInt8]

  /// No rows of a number of fields.
  public init(fieldCount: Int) {
    ids = Array(repeating: [], count: fieldCount)
    labels = []
  }

  /// The number of rows.
  public var count: Int { labels.count }

  /// The number of rows with label 1.
  public var positives: Int { labels.count { $0 == 1 } }

  /// The rows of each split, in the order they are in here.
  ///
  /// - Complexity: O(rows · fields).
  func divided(by splits: [Split]) -> [Split: LabelledRows] {
    precondition(splits.count == count, "\(splits.count) splits for \(count) rows")
    return Dictionary(
      uniqueKeysWithValues: Split.allCases.map { split in
        let chosen = splits.indices.filter { splits[$0] == split }
        var rows = LabelledRows(fieldCount: ids.count)
        rows.ids = ids.map { column in chosen.map { column[$0] } }
        rows.labels = chosen.map { labels[$0] }
        return (split, rows)
      })
  }
}
