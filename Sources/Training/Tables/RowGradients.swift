package import Features
package import Kernels
package import Models
package import MPI

/// The gradients of the rows of a batch, `[B, F·K + 1]`: by row those of its embeddings and that of its
/// logit.
///
/// A rank computes those of its own shards. Ranks that share the memory of tables share this memory too: there
/// each rank finds the gradients and the ids of all rows, and sums what it needs without a message.
package final class RowGradients {
  /// The floats of a row, `F·K + 1`.
  package let columns: Int
  /// Whether all rows of a batch are here: on one rank, or on ranks that share memory.
  package let hasAllRows: Bool
  /// Whether ranks share the memory.
  package var isShared: Bool { node.size > 1 }
  /// Why this rank could not share the memory with those of its node, if it could not.
  package let refusal: SharedMemory.Failure?
  /// The rows of the batch, those of other ranks included.
  package private(set) var rowCount = 0
  private let tree: ShardTree
  /// This rank's shards.
  private let run: Range<Int>
  private let node: Communicator
  private let fieldCount: Int
  /// The most rows of a batch, and those of them that are here.
  private let batch: Int
  private let capacity: Int
  /// The row of the batch that is the first one here.
  private var firstRow = 0
  /// The gradients; behind them, if all rows are here, their ids as bits, `[F, B]`.
  private let memory: SharedBuffer

  /// Makes room for batches of up to `batch` rows; all ranks of the group call it.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - tree: the shards.
  ///   - group: the ranks that take a step together.
  ///   - node: those of them that share the memory of tables.
  ///   - batch: the most rows of a batch.
  ///   - isForLists: whether gradients are summed as lists in any case, as those of sharded tables are.
  /// - Throws: what MPI throws.
  package init(
    _ model: Model, tree: ShardTree, group: Communicator, node: Communicator, batch: Int,
    isForLists: Bool = false
  ) throws(MPIError) {
    let fields = model.schema.fields.count
    let width = model.rowGradientWidth
    var shared: Buffer?
    var refusal: SharedMemory.Failure?
    if node.size == group.size, node.size > 1, !isForLists {
      switch try NodeBuffer(ownCount: 0, sharedCount: batch * (width + fields), node: node) {
      case .shared(let buffer): shared = consume buffer
      case .refused(let reason): refusal = reason
      }
    }
    let isShared = shared != nil
    let hasAllRows = (group.size == 1 && !isForLists) || isShared
    self.refusal = refusal
    let capacity =
      hasAllRows ? batch : tree.largestRun(ofRank: group.rank, of: group.size, batch: batch)
    columns = width
    self.hasAllRows = hasAllRows
    self.tree = tree
    run = tree.run(ofRank: group.rank, of: group.size)
    self.node = isShared ? node : .alone
    fieldCount = fields
    self.capacity = capacity
    self.batch = batch
    memory = SharedBuffer(
      shared.take() ?? Buffer(count: capacity * (width + (hasAllRows ? fields : 0))))
  }

  /// The gradients of the rows that are here; behind them, if these are all rows, their ids.
  package var values: Buffer { _read { yield memory.values } }

  /// Begins with a batch of a number of rows, of all ranks together.
  package func begin(rows: Int) {
    precondition(rows <= batch, "\(rows) rows in a batch of at most \(batch)")
    rowCount = rows
    firstRow = hasAllRows ? 0 : tree.rows(ofShard: run.lowerBound, batch: rows).lowerBound
  }

  /// The rows of a shard of this rank, as counted here.
  func rows(ofShard shard: Int) -> Range<Int> {
    let rows = tree.rows(ofShard: shard, batch: rowCount)
    return rows.lowerBound - firstRow..<rows.upperBound - firstRow
  }

  /// Copies the gradients of a shard's rows from the last backward pass; returns whether all are finite.
  package func copy(
    ofShard shard: Int, from model: Model, _ workspace: borrowing ModelWorkspace
  ) -> Bool {
    let rows = rows(ofShard: shard)
    model.copyRowGradients(workspace, to: rows.lowerBound, of: &memory.values)
    return memory.withSpan(floats(of: rows)) { allFinite($0) }
  }

  /// Lends the gradients of a shard's rows, one row behind the other, to change.
  package func withMutableRows(ofShard shard: Int, _ body: (inout MutableSpan<Float>) -> Void) {
    memory.withMutableSpan(floats(of: rows(ofShard: shard)), body)
  }

  private func floats(of rows: Range<Int>) -> Range<Int> {
    rows.lowerBound * columns..<rows.upperBound * columns
  }

  /// Lends the gradients of a shard's rows, to read.
  package func withRows(ofShard shard: Int, _ body: (Matrix) -> Void) {
    let rows = rows(ofShard: shard)
    func call(_ values: borrowing Buffer) {
      let matrix = values.matrix(rows: rows.upperBound, columns: columns)
      body(matrix.rows(rows))
    }
    call(memory.values)
  }

  /// Writes the ids of this rank's rows; when it returns, the gradients and ids of all rows are here.
  ///
  /// All ranks call it. What is here may be written over when all ranks have read it: when they have agreed that
  /// the sums are finite (``ReplicatedTables``).
  ///
  /// - Parameter batches: this rank's shards, in order.
  /// - Throws: what MPI throws.
  package func complete(_ batches: ArraySlice<Batch>) throws(MPIError) {
    precondition(hasAllRows, "some rows are on other ranks")
    for shard in batches.indices {
      for field in 0..<fieldCount {
        let start = idStart(ofField: field) + rows(ofShard: shard).lowerBound
        RowGradients.write(batches[shard].ids(ofField: field).span, to: start, of: &memory.values)
      }
    }
    if node.size > 1 { try node.barrier() }
  }

  /// Where the ids of a field are among ``values``.
  package func ids(ofField field: Int) -> Range<Int> {
    idStart(ofField: field)..<idStart(ofField: field) + rowCount
  }

  private func idStart(ofField field: Int) -> Int { capacity * (columns + field) }

  private static func write(_ ids: Span<Int32>, to start: Int, of values: inout Buffer) {
    var target = values.mutableSpan(start..<start + ids.count)
    for index in 0..<ids.count { target[index] = Float(bitPattern: UInt32(bitPattern: ids[index])) }
  }
}
