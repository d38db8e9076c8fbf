package import Features
package import Kernels
package import Models
package import MPI
import Optimizers

/// Tables of which every node holds all rows.
///
/// Ranks that share their tables' memory update the rows they own there, and wait for one another; a rank
/// that shares none updates all rows.
///
/// Sums are those of dense tables summed up the shards' tree, to the bit, on any number of ranks. A rank that
/// sees the gradients of all rows sums those of the table rows it updates (``OwnedRowSums``). Otherwise each
/// rank sums its own shards' rows by table row, and ranks exchange these sums as lists (``RowExchange``). Small
/// tables are summed whole (``SmallTables``). Sums begin at +0, as a dense table does: a sum of negative zeros
/// is a positive one, and what a list lacks would have added nothing.
package final class ReplicatedTables: TrainedTables {
  private let rows: TableRows
  private let smallTables: SmallTables
  private let group: Communicator
  private let node: Communicator
  private var result: GradientRows
  /// Sums those of tables that are not small, on a rank that sees all rows.
  private var ownedSums: OwnedRowSums?
  /// Sum them on a rank that does not.
  private var sums: RowSums?
  private var exchange: RowExchange?

  /// Makes room for batches of up to `batch` rows.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - tree: the shards.
  ///   - group: the ranks that share them.
  ///   - node: those of them, in the same order, in whose parameters the tables are one memory.
  ///   - batch: the most rows of a batch.
  ///   - gradients: the memory of the gradients that are to be summed.
  ///   - optimizer: how rows are updated.
  package init(
    _ model: Model, tree: ShardTree, group: Communicator, node: Communicator, batch: Int,
    gradients: RowGradients, _ optimizer: TableOptimizer
  ) {
    let rows = TableRows(model)
    let hasAllRows = gradients.hasAllRows
    let summing = RowSumming(ranks: group.size, onNode: node.size, hasAllRows: hasAllRows)
    let small = SmallTables(rows, ranks: group.size, batch: batch, summing)
    let others = small.otherFields
    let updated = OwnedRows(rows, .blockByBlock(ranks: node.size), rank: node.rank)
    self.rows = rows
    self.group = group
    self.node = node
    smallTables = small
    result = GradientRows(
      updated, .amongParameters, capacity: batch * rows.fieldCount, optimizer)
    let own = tree.largestRun(ofRank: group.rank, of: group.size, batch: batch)
    let (sumsHere, exchanges) = (hasAllRows && !others.isEmpty, !hasAllRows && !others.isEmpty)
    ownedSums = sumsHere ? OwnedRowSums(updated, fields: others, tree: tree, batch: batch) : nil
    sums =
      exchanges
      ? RowSums(
        rows, fields: others, tree: tree,
        nodes: tree.cover(tree.run(ofRank: group.rank, of: group.size)), capacity: own) : nil
    exchange =
      exchanges
      ? RowExchange(
        rows, .blockByBlock(ranks: group.size), tree: tree, group: group,
        ownEntries: others.count * own, entries: others.count * batch,
        publishes: summing == .published) : nil
  }

  /// Copies the gradients of the rows that this rank updates to their places among parameters.
  ///
  /// They are zero but between summing and updating.
  package func copyGradients(to parameters: inout Buffer) {
    for run in result.owned.runs {
      parameters.copy(run.packed, of: result.gradients, to: run.start)
    }
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
    _ batches: ArraySlice<Batch>, _ gradients: RowGradients
  ) throws(MPIError) -> Int? {
    if ownedSums != nil {
      try gradients.complete(batches)
      ownedSums?.store(gradients, into: &result)
    } else {
      try exchangeSums(batches, gradients)
    }
    var row = result.rowNotFinite
    if node.size > 1 {
      // Each rank knows its rows alone, and a step is taken by all ranks or none. Besides, when this returns all
      // ranks of the node have read what the step reads of tables and gradients: from here on they may be written.
      let first = try node.allReduce(row ?? rows.count, .min)
      row = first == rows.count ? nil : first
    }
    return row.map { rows.field(ofRow: $0) }
  }

  package func fieldNotFinite(inSmallSums sums: Span<Float>) -> Int? {
    smallTables.fieldNotFinite(in: sums)
  }

  /// Hands the ranks the sums of all ranks' rows.
  private func exchangeSums(
    _ batches: ArraySlice<Batch>, _ gradients: RowGradients
  ) throws(MPIError) {
    exchange?.begin()
    sums?.sum(batches, gradients, into: &exchange) { exchange, row, shard, sum in
      exchange?.append(row: row, shard: shard, sum: sum)
    }
    try exchange?.sum(into: &result)
  }

  package func update(_ parameters: inout Buffer, smallSums: Span<Float>) throws(MPIError) {
    smallTables.forEachRow(of: smallSums) { row, sum in result.storeIfOwned(sum, ofRow: row) }
    result.update(&parameters)
    // No rank reads rows that another one has yet to update.
    if node.size > 1 { try node.barrier() }
  }

  package func withMoments(
    _ body: (_ first: borrowing Buffer, _ second: borrowing Buffer) -> Void
  ) { result.withMoments(body) }

  package func restoreMoments(
    step: Int, _ body: (_ first: inout Buffer, _ second: inout Buffer) -> Void
  ) { result.restoreMoments(step: step, body) }
}
