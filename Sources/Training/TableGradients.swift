package import Features
package import Kernels
package import Models
package import Optimizers

/// The gradients of embedding and wide rows, summed over a batch.
///
/// A row of the batch adds the gradient of its embeddings to one row of each table. All ranks hold
/// these gradients for the whole batch, and each sums them in the shards' tree: the rows of a shard
/// from the first to the last, then shards up the tree, those without a contribution left out. So
/// the result is that of the dense tree, and does not depend on who computed a shard. Only the sign
/// of a zero can differ: a sum of negative zeros is one, where a dense table starts from zero.
package struct TableGradients: ~Copyable {
  private let tree: ShardTree
  private let embeddings: [Slot]
  private let wides: [Slot]
  private let width: Int
  private let tables: Range<Int>
  /// The gradient of every table element, zero outside ``touched``.
  package private(set) var gradients: Buffer
  /// By field: the table rows that occur in the batch, in the order of their last occurrence.
  private var touched: [[Int32]]
  /// By field and table row: its first occurrence in the batch, or -1.
  private var first: [[Int32]]
  /// By occurrence: the next one of the same table row, or -1.
  private var next: [Int32]
  /// By row of the batch: its shard.
  private var shards: [Int32]
  /// Partial sums, one row for each level of the tree.
  private var partial: Buffer

  package init(_ model: Model, tree: ShardTree, batch rows: Int) {
    self.tree = tree
    embeddings = model.embeddingTables
    wides = model.wideTables
    width = model.configuration.embeddingWidth
    tables = model.ranges.tables
    gradients = Buffer(count: tables.count)
    touched = embeddings.map { table in
      var ids: [Int32] = []
      ids.reserveCapacity(min(rows, table.rows))
      return ids
    }
    first = embeddings.map { Array(repeating: -1, count: $0.rows) }
    next = Array(repeating: -1, count: rows)
    shards = Array(repeating: 0, count: rows)
    partial = Buffer(count: (tree.depth + 1) * (width + 1))
  }

  /// Sums the gradients of a batch.
  ///
  /// - Parameters:
  ///   - batches: the shards' rows, one batch per shard.
  ///   - rowGradients: `[B, F·K + 1]`: by row, the gradient of its embeddings and of its logit.
  ///   - width: `F·K + 1`.
  package mutating func sum(_ batches: [Batch], rowGradients: borrowing Buffer, width rowWidth: Int)
  {
    var row = 0
    for (shard, batch) in batches.enumerated() {
      for _ in 0..<batch.count {
        shards[row] = Int32(shard)
        row += 1
      }
    }
    let gradients = rowGradients.span(0..<row * rowWidth)
    for field in embeddings.indices {
      link(field, batches, rows: row)
      for id in touched[field] { sum(field, Int(id), gradients, rowWidth) }
    }
  }

  /// Chains the occurrences of each table row, in the order of the batch.
  private mutating func link(_ field: Int, _ batches: [Batch], rows: Int) {
    touched[field].removeAll(keepingCapacity: true)
    var row = rows
    for batch in batches.reversed() {
      let start = field * batch.capacity
      for index in (0..<batch.count).reversed() {
        row -= 1
        let id = batch.ids[start + index]
        next[row] = first[field][Int(id)]
        if next[row] < 0 { touched[field].append(id) }
        first[field][Int(id)] = Int32(row)
      }
    }
  }

  /// Sums the chain of one table row into its gradient, and resets the chain.
  private mutating func sum(_ field: Int, _ id: Int, _ rowGradients: Span<Float>, _ rowWidth: Int) {
    var row = first[field][id]
    first[field][id] = -1
    sum(tree.root, &row, field, level: 0, rowGradients, rowWidth)
    let table = embeddings[field]
    gradients.copy(0..<width, of: partial, to: local(table, id).lowerBound)
    guard !wides.isEmpty else { return }
    gradients.copy(width..<width + 1, of: partial, to: local(wides[field], id).lowerBound)
  }

  /// Sums the occurrences from `row` on that lie in a node's shards, into the partial sum of a level.
  ///
  /// Returns whether there were any; `row` is then the first occurrence behind them.
  @discardableResult
  private mutating func sum(
    _ node: ShardTree.Node, _ row: inout Int32, _ field: Int, level: Int,
    _ rowGradients: Span<Float>, _ rowWidth: Int
  ) -> Bool {
    guard row >= 0, shards[Int(row)] < Int32(node.upper) else { return false }
    let isLast = next[Int(row)] < 0 || shards[Int(next[Int(row)])] >= Int32(node.upper)
    if node.isLeaf || isLast {
      sumShard(node, &row, field, level: level, rowGradients, rowWidth)
      return true
    }
    let left = sum(node.left, &row, field, level: level, rowGradients, rowWidth)
    let right = sum(
      node.right, &row, field, level: left ? level + 1 : level, rowGradients, rowWidth)
    if left && right {
      let count = width + 1
      var sums = partial.mutableSpan(level * count..<(level + 2) * count)
      for i in 0..<count { sums[i] += sums[count + i] }
    }
    return left || right
  }

  /// Adds up the occurrences in one shard, or the only one in a node.
  private mutating func sumShard(
    _ node: ShardTree.Node, _ row: inout Int32, _ field: Int, level: Int,
    _ rowGradients: Span<Float>, _ rowWidth: Int
  ) {
    // A view of a buffer of this value excludes all other uses of the value, so these are copied.
    let (width, next, shards) = (width, next, shards)
    let count = width + 1
    var sums = partial.mutableSpan(level * count..<(level + 1) * count)
    let columns = field * width..<(field + 1) * width
    var isFirst = true
    repeat {
      let start = Int(row) * rowWidth
      let values = rowGradients.extracting(
        start + columns.lowerBound..<start + columns.upperBound)
      let logitGradient = rowGradients[start + rowWidth - 1]
      if isFirst {
        for i in 0..<values.count { sums[i] = values[i] }
        sums[values.count] = logitGradient
      } else {
        for i in 0..<values.count { sums[i] += values[i] }
        sums[values.count] += logitGradient
      }
      isFirst = false
      row = next[Int(row)]
    } while row >= 0 && shards[Int(row)] < Int32(node.upper)
  }

  /// A table row's floats in ``gradients``.
  private func local(_ table: Slot, _ id: Int) -> Range<Int> {
    let start = table.offset - tables.lowerBound + id * table.columns
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
      let slots = wides.isEmpty ? [embeddings[field]] : [embeddings[field], wides[field]]
      for id in touched[field] {
        for slot in slots {
          let range = local(slot, Int(id))
          if updates == .rowWise {
            adam.update(
              range.lowerBound + tables.lowerBound..<range.upperBound + tables.lowerBound,
              of: &parameters, gradients: gradients.span(range), l2: l2)
          }
          gradients.zero(range)
        }
      }
    }
  }
}
