package import Features
package import Kernels
package import Models
package import Optimizers

/// The gradients of embedding and wide rows, summed over a batch.
///
/// A row of the batch adds the gradient of its embeddings to one row of each table. All ranks hold
/// these gradients for the whole batch, and each sums them in the shards' tree, so that the result
/// is that of summing dense tables up the tree, and does not depend on who computed a shard. Sums
/// begin at +0, as a dense table does: a sum of negative zeros is a positive one.
package struct TableGradients: ~Copyable {
  private let tree: ShardTree
  private let embeddings: [Slot]
  private let wides: [Slot]
  private let width: Int
  private let tables: Range<Int>
  /// The gradient of every table element, zero but between summing and updating.
  package private(set) var gradients: Buffer
  /// By field: which rows of the batch belong to which table row.
  private var chains: [RowChains]
  /// The ids of one field, for the whole batch.
  private var ids: [Int32]
  /// By row of the batch: its shard.
  private var shards: [Int32]
  /// One chain's sum, and room for its partial sums.
  private var sums: [Float]

  /// Makes room for batches of up to `rows` rows.
  package init(_ model: Model, tree: ShardTree, batch rows: Int) {
    self.tree = tree
    embeddings = model.embeddingTables
    wides = model.wideTables
    width = model.configuration.embeddingWidth
    tables = model.ranges.tables
    gradients = Buffer(count: tables.count)
    chains = embeddings.map { RowChains(tableRows: $0.rows, batchRows: rows) }
    ids = Array(repeating: 0, count: rows)
    shards = Array(repeating: 0, count: rows)
    sums = Array(repeating: 0, count: (tree.depth + 2) * (width + 1))
  }

  /// Sums the gradients of a batch.
  ///
  /// - Parameters:
  ///   - batches: the shards' rows, one batch per shard.
  ///   - rowGradients: begins with `[B, F·K + 1]`: by row, the gradient of its embeddings and its logit.
  ///   - columns: `F·K + 1`.
  package mutating func sum(_ batches: [Batch], rowGradients: borrowing Buffer, columns: Int) {
    var rows = 0
    for (shard, batch) in batches.enumerated() {
      for row in rows..<rows + batch.count { shards[row] = Int32(shard) }
      rows += batch.count
    }
    for field in embeddings.indices {
      gatherIDs(of: field, from: batches)
      chains[field].link(ids, count: rows)
      TableGradients.sum(
        chains[field], shards: shards, shardCount: tree.shardCount, rowGradients: rowGradients,
        rows: rows, columns: columns, column: field * width, width: width,
        embedding: local(embeddings[field], 0).lowerBound,
        wide: wides.isEmpty ? nil : local(wides[field], 0).lowerBound, sums: &sums,
        into: &gradients)
    }
  }

  /// Sums the chains of one field into the gradients of its tables, which begin at `embedding` and `wide`.
  ///
  /// A static function, because a view of one buffer of a value excludes all other uses of the value.
  private static func sum(
    _ chains: RowChains, shards: [Int32], shardCount: Int,
    rowGradients: borrowing Buffer, rows: Int, columns: Int, column: Int, width: Int,
    embedding: Int, wide: Int?, sums: inout [Float], into gradients: inout Buffer
  ) {
    let matrix = rowGradients.matrix(rows: rows, columns: columns)
    var sum = sums.mutableSpan
    for index in 0..<chains.count {
      chains.sum(
        at: index, shards: shards.span, shardCount: shardCount, rows: matrix, column: column,
        width: width, into: &sum)
      let row = chains.tableRow(at: index)
      let start = embedding + row * width
      var target = gradients.mutableSpan(start..<start + width)
      copy(sum.span.extracting(0..<width), into: &target)
      if let wide {
        var weight = gradients.mutableSpan(wide + row..<wide + row + 1)
        weight[0] = sum[width]
      }
    }
  }

  private mutating func gatherIDs(of field: Int, from batches: [Batch]) {
    var row = 0
    for batch in batches {
      let start = field * batch.capacity
      for index in start..<start + batch.count {
        ids[row] = batch.ids[index]
        row += 1
      }
    }
  }

  /// A table row's floats in ``gradients``.
  private func local(_ table: Slot, _ row: Int) -> Range<Int> {
    let start = table.offset - tables.lowerBound + row * table.columns
    return start..<start + table.columns
  }
}

// MARK: - Updating

extension TableGradients {
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
    if updates == .dense {
      adam.update(tables, of: &parameters, gradients: gradients.span, l2: l2)
    }
    for field in embeddings.indices {
      for index in 0..<chains[field].count {
        let row = chains[field].tableRow(at: index)
        finish(embeddings[field], row, &parameters, &adam, updates, l2)
        if !wides.isEmpty { finish(wides[field], row, &parameters, &adam, updates, l2) }
      }
    }
  }

  /// Updates one row of a table unless all have been, and clears its gradient.
  private mutating func finish(
    _ table: Slot, _ row: Int, _ parameters: inout Buffer, _ adam: inout Adam,
    _ updates: TableUpdates, _ l2: Float
  ) {
    let range = local(table, row)
    if updates == .rowWise {
      adam.update(
        range.lowerBound + tables.lowerBound..<range.upperBound + tables.lowerBound,
        of: &parameters, gradients: gradients.span(range), l2: l2)
    }
    var gradient = gradients.mutableSpan(range)
    for i in 0..<range.count { gradient[i] = 0 }
  }
}
