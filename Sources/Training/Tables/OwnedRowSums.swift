import Kernels

/// Sums the gradients of all rows of a batch by table row, for the table rows that a rank owns.
///
/// For a rank that sees all rows of the batch: it needs nobody's sums, and hands nobody any. To find its rows
/// it looks at the ids of all, however many ranks there are.
package struct OwnedRowSums: ~Copyable {
  private let owned: OwnedRows
  private let tree: ShardTree
  /// The fields whose tables are summed so.
  private let fields: [Int]
  /// Which rows of the batch belong to which owned row, of one field at a time.
  private var chains: RowChains
  /// The rows of the batch whose table rows are owned, and the places of these.
  private var rows, places: [Int32]
  /// By row of the batch its shard, for batches of so many rows.
  private var shards: [Int32]
  private var shardedRows = 0
  /// One sum, and room for partial ones.
  private var scratch: [Float]

  /// Makes room for batches of up to `batch` rows.
  package init(_ owned: OwnedRows, fields: [Int], tree: ShardTree, batch: Int) {
    self.owned = owned
    self.tree = tree
    self.fields = fields
    chains = RowChains(tableRows: owned.count, batchRows: batch)
    rows = Array(repeating: 0, count: batch)
    places = Array(repeating: 0, count: batch)
    shards = Array(repeating: 0, count: batch)
    scratch = Array(repeating: 0, count: (tree.depth + 2) * (owned.rows.width + 1))
  }

  /// Sums, and stores the sums.
  package mutating func store(_ gradients: RowGradients, into result: inout GradientRows) {
    noteShards(ofRows: gradients.rowCount)
    for field in fields {
      let count = OwnedRowSums.select(
        gradients.values, gradients.ids(ofField: field), owned,
        firstRow: owned.rows.number(ofField: field, id: 0), &rows, &places)
      chains.link(places, rows: rows, count: count, among: gradients.rowCount)
      OwnedRowSums.store(
        chains, gradients.values, gradients, tree, shards, field: field, &scratch, into: &result)
    }
  }

  /// Notes the shard of each row, unless the last batch was as long.
  private mutating func noteShards(ofRows count: Int) {
    guard count != shardedRows else { return }
    for shard in 0..<tree.shardCount {
      for row in tree.rows(ofShard: shard, batch: count) { shards[row] = Int32(shard) }
    }
    shardedRows = count
  }

  // Static functions, because a view of one property of a value excludes all other uses of the value.

  /// Notes the rows of the batch whose table rows are owned, and their places; returns how many they are.
  ///
  /// Without a branch: which rank owns the next row cannot be predicted.
  private static func select(
    _ values: borrowing Buffer, _ range: Range<Int>, _ owned: OwnedRows, firstRow: Int,
    _ rows: inout [Int32], _ places: inout [Int32]
  ) -> Int {
    let (ids, owners, rank) = (values.span(range), owned.owners, owned.rank)
    var rowSpan = rows.mutableSpan
    var placeSpan = places.mutableSpan
    var count = 0
    for row in 0..<ids.count {
      let number = firstRow &+ Int(ids[row].bitPattern)
      rowSpan[count] = Int32(truncatingIfNeeded: row)
      placeSpan[count] = Int32(truncatingIfNeeded: owners.place(ofRow: number))
      count &+= owners.owner(ofRow: number) == rank ? 1 : 0
    }
    return count
  }

  private static func store(
    _ chains: RowChains, _ values: borrowing Buffer, _ gradients: RowGradients, _ tree: ShardTree,
    _ shards: [Int32], field: Int, _ scratch: inout [Float],
    into result: inout GradientRows
  ) {
    result.store(
      chains, node: tree.root.shards, shards: shards,
      rows: values.matrix(rows: gradients.rowCount, columns: gradients.columns),
      column: field * result.owned.rows.width, &scratch)
  }
}
