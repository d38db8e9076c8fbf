package import Features
package import Kernels
package import Models
package import MPI
package import Optimizers

/// The gradients of embedding and wide rows, summed over a batch.
///
/// A row of the batch adds the gradient of its embeddings to one row of each table. Sums are those of
/// dense tables summed up the shards' tree, to the bit, on any number of ranks: each rank sums its own
/// shards' rows by table row, and ranks exchange these sums as lists (``RowExchange``) or, of small
/// tables, whole (``SmallTables``). Sums begin at +0, as a dense table does: a sum of negative zeros is a
/// positive one, and what a list lacks would have added nothing.
package struct TableGradients: ~Copyable {
  private let smallTables: SmallTables
  private var result: GradientRows
  private var sums: RowSums
  /// This rank's sums, on more ranks than one.
  private var entries: RowEntries
  /// `nil` on a single rank.
  private var exchange: RowExchange?

  /// Makes room for batches of up to `batch` rows.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - tree: the shards.
  ///   - group: the ranks that share them.
  ///   - batch: the most rows of a batch.
  /// - Throws: ``MPI/MPIError/countTooLarge(_:limit:routine:)``.
  package init(
    _ model: Model, tree: ShardTree, group: Communicator, batch: Int
  ) throws(MPIError) {
    let rows = TableRows(model)
    let small = SmallTables(rows, ranks: group.size, batch: batch)
    let own = tree.largestRun(ofRank: group.rank, of: group.size, batch: batch)
    let lists = small.otherFields.count
    // Before any property is set: Swift 6.3 destroys a half-made noncopyable value wrongly.
    let exchange =
      group.size > 1
      ? try RowExchange(
        rows, tree: tree, group: group, ownEntries: lists * own, entries: lists * batch) : nil
    smallTables = small
    result = GradientRows(rows, capacity: batch * rows.fieldCount)
    sums = RowSums(
      rows, fields: small.otherFields, tree: tree,
      nodes: tree.cover(tree.run(ofRank: group.rank, of: group.size)), capacity: own)
    entries = RowEntries(
      capacity: group.size > 1 ? lists * own : 0, embeddingWidth: rows.width)
    self.exchange = exchange
  }

  /// The gradient of every table element, zero but between summing and updating.
  package var gradients: Span<Float> {
    @_lifetime(borrow self) borrowing get { result.gradients.span }
  }

  /// The floats that a shard's sums of small tables take.
  package static func smallSumCount(_ model: Model, ranks: Int, batch: Int) -> Int {
    SmallTables(TableRows(model), ranks: ranks, batch: batch).count
  }

  /// Writes a shard's sums of small tables, which are then summed up the tree.
  ///
  /// - Parameters:
  ///   - batch: the shard's rows.
  ///   - rowGradients: `[B, F·K + 1]`: by row, the gradient of its embeddings and its logit.
  ///   - sums: ``smallSumCount(_:ranks:batch:)`` floats to write over.
  package func sumSmallTables(
    of batch: Batch, rowGradients: Matrix, into sums: inout MutableSpan<Float>
  ) {
    smallTables.sum(batch, gradients: rowGradients, into: &sums)
  }

  /// Takes over the sums of small tables over all shards.
  package mutating func takeSmallTables(_ sums: Span<Float>) {
    smallTables.forEachRow(of: sums) { row, sum in result.store(sum, ofRow: row) }
  }

  /// Sums the gradients of all other tables over the rows of a batch.
  ///
  /// - Parameters:
  ///   - batches: this rank's shards, in order.
  ///   - rowGradients: begins with `[B, F·K + 1]`: by row of these shards, the gradient of its embeddings
  ///     and its logit.
  ///   - columns: `F·K + 1`.
  /// - Throws: what MPI throws.
  package mutating func sum(
    _ batches: ArraySlice<Batch>, rowGradients: borrowing Buffer, columns: Int
  ) throws(MPIError) {
    guard exchange != nil else {
      sums.sum(batches, rowGradients: rowGradients, columns: columns, into: &result) {
        result, row, _, sum in result.store(sum, ofRow: row)
      }
      return
    }
    entries.removeAll()
    sums.sum(batches, rowGradients: rowGradients, columns: columns, into: &entries) {
      entries, row, shard, sum in entries.append(row: row, shard: shard, sum: sum)
    }
    try exchange?.exchange(entries, into: &result)
  }

  /// Updates the tables, and clears the gradients.
  ///
  /// - Parameters:
  ///   - parameters: the model's parameters.
  ///   - adam: the optimiser, whose step has begun.
  ///   - updates: whether rows outside the batch are updated too.
  ///   - l2: the factor of the squared table elements in the loss.
  package mutating func update(
    _ parameters: inout Buffer, with adam: inout Adam, updates: TableUpdates, l2: Float
  ) {
    result.update(&parameters, with: &adam, updates: updates, l2: l2)
  }
}
