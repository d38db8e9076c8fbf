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
  /// Whether all of them are in a chain.
  private var hasAllRows = true

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
    begin(batchRows: count)
    hasAllRows = true
    RowChains.link(
      ids.span.extracting(0..<count), first: &first, next: &next, occurring: &occurring
    ) { index in index }
  }

  /// Chains some rows of a batch by the table row they belong to.
  ///
  /// - Parameters:
  ///   - ids: begins with the table rows.
  ///   - rows: begins with the rows of the batch, each above the one before.
  ///   - count: how many rows are chained.
  ///   - batchRows: how many rows the batch has.
  /// - Complexity: O(count).
  public mutating func link(_ ids: [Int32], rows: [Int32], count: Int, among batchRows: Int) {
    begin(batchRows: batchRows)
    hasAllRows = false
    let rows = rows.span.extracting(0..<count)
    var above = batchRows
    RowChains.link(
      ids.span.extracting(0..<count), first: &first, next: &next, occurring: &occurring
    ) { index in
      let row = Int(rows[index])
      precondition(row >= 0 && row < above, "row \(row) before row \(above) of \(batchRows)")
      above = row
      return row
    }
  }

  private mutating func begin(batchRows: Int) {
    for id in occurring { first[Int(id)] = -1 }
    occurring.removeAll(keepingCapacity: true)
    rowCount = batchRows
  }

  /// Chains rows; static, because a view of one array of a value excludes all other uses of it.
  private static func link(
    _ ids: Span<Int32>, first: inout [Int32], next: inout [Int32],
    occurring: inout [Int32], row: (Int) -> Int
  ) {
    var heads = first.mutableSpan
    var links = next.mutableSpan
    for index in stride(from: ids.count - 1, through: 0, by: -1) {
      let (id, row) = (Int(ids[index]), row(index))
      let head = heads[id]
      links[row] = head
      if head < 0 { occurring.append(ids[index]) }
      heads[id] = Int32(truncatingIfNeeded: row)
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
    check(node, shards, rows, column: column, width: width, scratch: sums)
    // Rows in no chain have a successor of an earlier batch.
    precondition(
      hasAllRows && (0..<rowCount).contains(row),
      "row \(row) of \(rowCount), some of them in no chain")
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

  /// Sums every chain as ``sum(from:node:shards:rows:column:width:into:)`` does, all its rows being in a node,
  /// and writes the sums to where gradients of the table are.
  ///
  /// - Parameters:
  ///   - node: The shards, all of them or a node of the tree over them.
  ///   - shards: The shard of each row of the batch, ascending along a chain.
  ///   - rows: The rows of the batch.
  ///   - column: The first column of the embedding's gradient.
  ///   - width: The floats of an embedding.
  ///   - scratch: Sums, as many as there.
  ///   - gradients: What is written: row `r` of the table at `embedding + r · width`, its weight, if the
  ///     table has any, at `weight + r`.
  ///   - place: Where `embedding` and `weight` are.
  /// - Returns: The first row of the table whose sum is not finite; `nil` if all are.
  public func sumAll(
    node: Range<Int>, shards: Span<Int32>, rows: Matrix, column: Int, width: Int,
    scratch: inout MutableSpan<Float>, into gradients: inout MutableSpan<Float>,
    at place: (embedding: Int, weight: Int?)
  ) -> Int? {
    check(node, shards, rows, column: column, width: width, scratch: scratch)
    let tableRows = first.count
    precondition(
      place.embedding >= 0 && place.embedding + tableRows * width <= gradients.count
        && (place.weight ?? 0) >= 0 && (place.weight ?? 0) + tableRows <= gradients.count
        && !(place.weight.map { weight in
          weight < place.embedding + tableRows * width && place.embedding < weight + tableRows
        } ?? false),
      "\(tableRows) rows at \(place) of \(gradients.count) floats")
    precondition(
      !gradients.extent.overlaps(rows.extent) && !gradients.extent.overlaps(scratch.extent),
      "the gradients overlap the rows or the scratch")
    // Sound: chains hold rows below the number of rows linked, which is that of the views, and table rows
    // below that of the table, which the gradients have room for.
    let (next, first, occurring) = (next.span, first.span, occurring.span)
    guard let start = unsafe gradients.start else { return nil }
    var chains = unsafe ck_chains(
      next: next.start, shards: shards.start, rows: rows.start + column,
      logits: rows.start + rows.columns - 1, stride: rows.stride, width: width)
    let row = unsafe ck_sum_chains(
      &chains, occurring.count, occurring.start, first.start, Int32(node.lowerBound),
      Int32(node.upperBound), scratch.start, start + place.embedding,
      place.weight.map { unsafe start + $0 })
    return row < 0 ? nil : Int(row)
  }

  private func check(
    _ node: Range<Int>, _ shards: Span<Int32>, _ rows: Matrix, column: Int, width: Int,
    scratch: borrowing MutableSpan<Float>
  ) {
    let levels = Int.bitWidth - max(1, node.count - 1).leadingZeroBitCount + 1
    precondition(
      scratch.count >= (levels + 1) * (width + 1), "\(scratch.count) floats for the sums")
    precondition(
      column >= 0 && width >= 0 && column + width < rows.columns && rows.rows == rowCount
        && shards.count >= rowCount,
      "columns \(column)..<\(column + width) of [\(rows.rows), \(rows.columns)]")
    precondition(!scratch.extent.overlaps(rows.extent), "the sums overlap the rows")
  }
}
