package import Features
package import Kernels
package import Models
package import MPI
import Optimizers

/// Tables of which every rank holds all rows.
///
/// Sums are those of dense tables summed up the shards' tree, to the bit, on any number of ranks: each rank
/// sums its own shards' rows by table row, and ranks exchange these sums as lists (``RowExchange``) or, of
/// small tables, whole (``SmallTables``). Sums begin at +0, as a dense table does: a sum of negative zeros
/// is a positive one, and what a list lacks would have added nothing.
package final class ReplicatedTables: TrainedTables {
  private let rows: TableRows
  private let smallTables: SmallTables
  private var result: GradientRows<TableRows>
  private var sums: RowSums
  /// This rank's sums, if there is an exchange.
  private var entries: RowEntries
  /// `nil` on a single rank, and if all tables are small.
  private var exchange: RowExchange?

  /// Makes room for batches of up to `batch` rows.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - tree: the shards.
  ///   - group: the ranks that share them.
  ///   - batch: the most rows of a batch.
  ///   - optimizer: how rows are updated.
  package init(
    _ model: Model, tree: ShardTree, group: Communicator, batch: Int, _ optimizer: TableOptimizer
  ) {
    let rows = TableRows(model)
    let small = SmallTables(rows, ranks: group.size, batch: batch)
    let own = tree.largestRun(ofRank: group.rank, of: group.size, batch: batch)
    let lists = small.otherFields.count
    self.rows = rows
    smallTables = small
    result = GradientRows(rows, capacity: batch * rows.fieldCount, optimizer)
    sums = RowSums(
      rows, fields: small.otherFields, tree: tree,
      nodes: tree.cover(tree.run(ofRank: group.rank, of: group.size)), capacity: own)
    let exchanges = group.size > 1 && lists > 0
    entries = RowEntries(capacity: exchanges ? lists * own : 0, embeddingWidth: rows.width)
    exchange =
      exchanges
      ? RowExchange(
        rows, tree: tree, group: group, ownEntries: lists * own, entries: lists * batch,
        publishes: true) : nil
  }

  /// Lends the gradient of every table element, zero but between summing and updating.
  package func withGradients<Result>(_ body: (Span<Float>) -> Result) -> Result {
    func call(_ gradients: borrowing Buffer) -> Result { body(gradients.span) }
    return call(result.gradients)
  }

  package var smallSumCount: Int { smallTables.count }

  /// Every row is here.
  package func lookUp(_: inout [Batch], _: Range<Int>, into _: inout Buffer) {}

  package func sumSmallTables(
    of batch: Batch, rowGradients: Matrix, into sums: inout MutableSpan<Float>
  ) {
    smallTables.sum(batch, gradients: rowGradients, into: &sums)
  }

  package func sum(
    _ batches: ArraySlice<Batch>, rowGradients: borrowing Buffer, columns: Int
  ) throws(MPIError) -> Int? {
    if exchange == nil {
      sums.sum(batches, rowGradients: rowGradients, columns: columns, into: &result) {
        result, row, _, sum in result.store(sum, ofRow: row)
      }
    } else {
      try exchangeSums(batches, rowGradients: rowGradients, columns: columns)
    }
    return result.rowNotFinite.map { rows.field(ofRow: $0) }
  }

  package func fieldNotFinite(inSmallSums sums: Span<Float>) -> Int? {
    smallTables.fieldNotFinite(in: sums)
  }

  /// Hands every rank the sums of all ranks' rows.
  private func exchangeSums(
    _ batches: ArraySlice<Batch>, rowGradients: borrowing Buffer, columns: Int
  ) throws(MPIError) {
    entries.removeAll()
    sums.sum(batches, rowGradients: rowGradients, columns: columns, into: &entries) {
      entries, row, shard, sum in entries.append(row: row, shard: shard, sum: sum)
    }
    try exchange?.sum(entries, into: &result)
  }

  package func update(_ parameters: inout Buffer, smallSums: Span<Float>) {
    smallTables.forEachRow(of: smallSums) { row, sum in result.store(sum, ofRow: row) }
    result.update(&parameters)
  }
}
