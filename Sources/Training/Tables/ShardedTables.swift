package import Features
package import Kernels
package import Models
package import MPI

/// Tables of which every rank holds the rows it owns, with their moments.
///
/// A step fetches the rows it needs (``RowLookup``), sends the gradients of its rows to their owners
/// (``RowExchange``), which update them: nothing is sent of rows that a step does not use. The sums, and
/// with them the result, are those of ``ReplicatedTables`` to the bit.
package final class ShardedTables: TrainedTables {
  private let shard: TableShard
  private var lookup: RowLookup
  private var sums: RowSums
  private var exchange: RowExchange
  private var result: GradientRows

  /// Makes room for batches of up to `batch` rows.
  ///
  /// - Parameters:
  ///   - shard: the rows of this rank.
  ///   - model: the working model, which computes steps.
  ///   - tree: the shards of a batch.
  ///   - batch: the most rows of a batch.
  ///   - optimizer: how rows are updated.
  package init(
    _ shard: TableShard, working model: Model, tree: ShardTree, batch: Int,
    _ optimizer: TableOptimizer
  ) {
    let group = shard.group
    let own = tree.largestRun(ofRank: group.rank, of: group.size, batch: batch)
    let working = TableRows(model)
    let fields = working.fieldCount
    self.shard = shard
    lookup = RowLookup(shard, working: model, ownRows: own, rows: batch)
    sums = RowSums(
      working, fields: Array(0..<fields), tree: tree,
      nodes: tree.cover(tree.run(ofRank: group.rank, of: group.size)), capacity: own)
    exchange = RowExchange(
      shard.rows, shard.owned.owners, tree: tree, group: group, ownEntries: fields * own,
      entries: fields * batch, publishes: false)
    result = GradientRows(shard.owned, .packed, capacity: fields * batch, optimizer)
  }

  /// All tables are summed at their owners.
  package var smallSumCount: Int { 0 }

  package func sumSmallTables(of _: Batch, rowGradients _: Matrix, into _: inout MutableSpan<Float>)
  {}

  package func lookUp(
    _ batches: inout [Batch], _ run: Range<Int>, into parameters: inout Buffer
  ) throws(MPIError) {
    lookup.begin()
    for index in run { lookup.add(&batches[index]) }
    try lookup.fetch(into: &parameters)
  }

  package func sum(
    _ batches: ArraySlice<Batch>, _ gradients: RowGradients
  ) throws(MPIError) -> Int? {
    exchange.begin()
    sums.sum(batches, gradients, into: &exchange) {
      exchange, place, shard, sum in
      exchange.append(row: lookup.row(atPlace: place), shard: shard, sum: sum)
    }
    try exchange.sum(into: &result)
    // A sum that is not finite is known to its owner alone, and a step is taken by all ranks or none.
    let none = shard.rows.count
    let row = try shard.group.allReduce(result.rowNotFinite ?? none, .min)
    return row == none ? nil : shard.rows.field(ofRow: row)
  }

  package func fieldNotFinite(inSmallSums _: Span<Float>) -> Int? { nil }

  package func update(_: inout Buffer, smallSums _: Span<Float>) throws(MPIError) {
    shard.update { values in result.update(&values) }
  }

  package func withMoments(
    _ body: (_ first: borrowing Buffer, _ second: borrowing Buffer) -> Void
  ) { result.withMoments(body) }

  package func restoreMoments(
    step: Int, _ body: (_ first: inout Buffer, _ second: inout Buffer) -> Void
  ) { result.restoreMoments(step: step, body) }
}
