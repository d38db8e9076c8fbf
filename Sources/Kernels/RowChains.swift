internal import CKernels

/// The rows of a batch that belong to the same row of a table, chained in the order of the batch.
///
/// Sums each chain in the binary tree over shards: rows of a shard from the first to the last, then
/// shards up the tree. That is, to the bit, what summing one dense table per shard and adding tables
/// up the tree gives, because zeros change nothing: sums begin at +0, and so are never -0.
public struct RowChains: Sendable {
  /// By table row: its first row of the batch, or -1.
  private var first: [Int32]
  /// By row of the batch: the next one of the same table row, or -1.
  private var next: [Int32]
  /// The table rows that occur in the batch, in the order of their last occurrence.
  private var occurring: [Int32] = []
  /// The rows of the batch that is linked.
  private var rowCount = 0

  /// Makes room for tables of up to `tableRows` rows and batches of up to `batchRows`.
  public init(tableRows: Int, batchRows: Int) {
    first = Array(repeating: -1, count: tableRows)
    next = Array(repeating: -1, count: batchRows)
    occurring.reserveCapacity(min(tableRows, batchRows))
  }

  /// The number of table rows that occur in the batch.
  public var count: Int { occurring.count }

  /// The `index`-th of the table rows that occur.
  public func tableRow(at index: Int) -> Int { Int(occurring[index]) }

  /// Chains the first `count` rows of a batch by the table row they belong to.
  ///
  /// - Complexity: O(rows).
  public mutating func link(_ ids: [Int32], count: Int) {
    for id in occurring { first[Int(id)] = -1 }
    occurring.removeAll(keepingCapacity: true)
    rowCount = count
    RowChains.link(
      ids.span.extracting(0..<count), first: &first, next: &next, occurring: &occurring)
  }

  /// Chains rows; static, because a view of one array of a value excludes all other uses of it.
  private static func link(
    _ ids: Span<Int32>, first: inout [Int32], next: inout [Int32], occurring: inout [Int32]
  ) {
    var heads = first.mutableSpan
    var links = next.mutableSpan
    for row in stride(from: ids.count - 1, through: 0, by: -1) {
      let id = Int(ids[row])
      links[row] = heads[id]
      if links[row] < 0 { occurring.append(ids[row]) }
      heads[id] = Int32(row)
    }
  }

  /// The first row of the batch in the chain of the `index`-th occurring table row.
  public func firstRow(at index: Int) -> Int { Int(first[Int(occurring[index])]) }

  /// Sums the rows of a chain that lie in some shards into the first `width + 1` of `sums`.
  ///
  /// `rows` is `[B, C]`: columns `column..<column + width` of a row are the gradient of an embedding, the
  /// last column that of the logit; sums come in the same order. What follows the sums is scratch, as
  /// much for each level of the tree.
  ///
  /// - Parameters:
  ///   - row: The row to begin with, the chain's first one in these shards.
  ///   - node: The shards, a node of the tree over all of them.
  ///   - shards: The shard of each row of the batch, ascending along a chain.
  ///   - rows: The rows of the batch.
  ///   - column: The first column of the embedding's gradient.
  ///   - width: The floats of an embedding.
  ///   - sums: The sums, and scratch.
  /// - Returns: The chain's first row behind these shards; `nil` if there is none.
  public func sum(
    from row: Int, node: Range<Int>, shards: Span<Int32>, rows: Matrix, column: Int, width: Int,
    into sums: inout MutableSpan<Float>
  ) -> Int? {
    let levels = Int.bitWidth - max(1, node.count - 1).leadingZeroBitCount + 1
    precondition(sums.count >= (levels + 1) * (width + 1), "\(sums.count) floats for the sums")
    precondition(
      column >= 0 && column + width < rows.columns && rows.rows == rowCount
        && shards.count >= rowCount && (0..<rowCount).contains(row),
      "columns \(column)..<\(column + width) of [\(rows.rows), \(rows.columns)]")
    precondition(!sums.extent.overlaps(rows.extent), "the sums overlap the rows")
    for i in 0...width { sums[i] = 0 }
    // Sound: chains hold rows below the number of rows linked, which is that of the views.
    let next = next.span
    var chains = unsafe ck_chains(
      next: next.start, shards: shards.start, rows: rows.start + column,
      logits: rows.start + rows.columns - 1, stride: rows.stride, width: width)
    let behind = unsafe ck_sum_chain(
      &chains, Int32(node.lowerBound), Int32(node.upperBound), Int32(row), sums.start)
    return behind < 0 ? nil : Int(behind)
  }
}
