import Features
import Kernels

/// Sums the gradients of this rank's rows of a batch by table row, one sum for each node of the tree that
/// the rank computes.
struct RowSums: ~Copyable {
  private let rows: TableRows
  private let nodes: [ShardTree.Node]
  /// The fields whose tables are summed so.
  private let fields: [Int]
  /// By such field: which rows of the batch belong to which table row.
  private var chains: [RowChains]
  /// By row of the batch: its id of one field, and its shard.
  private var ids, shards: [Int32]
  /// One sum, and room for partial ones.
  private var scratch: [Float]

  /// Makes room for up to `capacity` rows of this rank.
  init(
    _ rows: TableRows, fields: [Int], tree: ShardTree, nodes: [ShardTree.Node], capacity: Int
  ) {
    self.rows = rows
    self.fields = fields
    self.nodes = nodes
    chains = fields.map {
      RowChains(tableRows: rows.rowCount(ofField: $0), batchRows: capacity)
    }
    ids = Array(repeating: 0, count: capacity)
    shards = Array(repeating: 0, count: capacity)
    scratch = Array(repeating: 0, count: (tree.depth + 2) * (rows.width + 1))
  }

  /// Sums, and hands every sum to `body`: the number of its table row, the first shard of its node, the
  /// gradient of the row's embedding and then that of its weight.
  ///
  /// - Parameters:
  ///   - batches: this rank's shards, in order.
  ///   - gradients: those of the rows of these shards.
  ///   - target: what `body` changes.
  ///   - body: takes a sum.
  mutating func sum<Target: ~Copyable>(
    _ batches: ArraySlice<Batch>, _ gradients: RowGradients, into target: inout Target,
    _ body: (inout Target, Int, Int, Span<Float>) -> Void
  ) {
    precondition(!gradients.hasAllRows, "lists of rows that all ranks see")
    let count = link(batches)
    for (index, field) in fields.enumerated() {
      RowSums.sum(
        chains[index], nodes, shards, gradients.values, rows: count, columns: gradients.columns,
        column: field * rows.width, width: rows.width,
        firstRow: rows.number(ofField: field, id: 0), &scratch, into: &target, body)
    }
  }

  /// Sums one field's chains; static, because a view of one array of a value excludes all other uses of it.
  private static func sum<Target: ~Copyable>(
    _ chains: RowChains, _ nodes: [ShardTree.Node], _ shards: [Int32],
    _ gradients: borrowing Buffer, rows: Int, columns: Int, column: Int, width: Int, firstRow: Int,
    _ scratch: inout [Float], into target: inout Target,
    _ body: (inout Target, Int, Int, Span<Float>) -> Void
  ) {
    let matrix = gradients.matrix(rows: rows, columns: columns)
    var sum = scratch.mutableSpan
    for index in 0..<chains.count {
      let table = firstRow + chains.tableRow(at: index)
      var next: Int? = chains.firstRow(at: index)
      for node in nodes {
        guard let row = next, shards[row] < node.upper else { continue }
        next = chains.sum(
          from: row, node: node.shards, shards: shards.span, rows: matrix, column: column,
          width: width, into: &sum)
        body(&target, table, node.lower, sum.span.extracting(0...width))
      }
    }
  }

  /// Chains the rows of all fields; returns the number of rows.
  private mutating func link(_ batches: ArraySlice<Batch>) -> Int {
    let count = noteShards(of: batches)
    for (index, field) in fields.enumerated() {
      gatherIDs(ofField: field, from: batches)
      chains[index].link(ids, count: count)
    }
    return count
  }

  /// Notes the shard of each row; returns the number of rows.
  private mutating func noteShards(of batches: ArraySlice<Batch>) -> Int {
    var count = 0
    for shard in batches.indices {
      for row in count..<count + batches[shard].count { shards[row] = Int32(shard) }
      count += batches[shard].count
    }
    return count
  }

  private mutating func gatherIDs(ofField field: Int, from batches: ArraySlice<Batch>) {
    var row = 0
    for shard in batches.indices {
      let start = field * batches[shard].capacity
      for index in start..<start + batches[shard].count {
        ids[row] = batches[shard].ids[index]
        row += 1
      }
    }
  }
}
