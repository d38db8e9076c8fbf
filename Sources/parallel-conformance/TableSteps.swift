import Features
import Kernels
import MPI
import Models
import Optimizers
import Training

/// Steps that train the tables of a model, with gradients that no pass has computed.
struct TableSteps: ~Copyable {
  private let model: Model
  private let tree: ShardTree
  private let run: Range<Int>
  private let shard: TableShard?
  private let training: any TrainedTables
  private let gradients: RowGradients
  private let exchange: GradientExchange
  private let pool: GradientPool
  private var parameters: Buffer
  private var batches: [Batch]

  /// What stands for an element that is on another rank: no element of a table has these bits.
  static let absent = Float.nan.bitPattern

  /// Where the rows of tables are.
  enum Placement: CaseIterable {
    /// Every rank has all of them.
    case apart
    /// All ranks of the node have them together, and the gradients of all rows.
    case onNode
    /// All ranks of the node have them together, but the gradients of their own rows alone.
    case onNodeByLists
    /// So have every two ranks.
    case inPairs
    /// Each row is on one rank alone.
    case sharded
  }

  init(
    _ model: Model, _ tree: ShardTree, _ capacity: Int, _ updates: TableUpdates,
    _ placement: Placement, _ group: Communicator
  ) throws {
    let optimizer = TableOptimizer(
      AdamConfiguration(learningRate: 0.1), updates: updates, l2: 1e-3)
    let isSharded = placement == .sharded
    let shard = isSharded ? TableShard(model, seed: 7, group: group) : nil
    let computing = isSharded ? model.withTables(ofAtMost: capacity) : model
    let sharing = placement == .inPairs ? try group.split(color: group.rank / 2) : group
    var own = try NodeParameters(
      computing, world: sharing, sharesMemory: placement != .apart && !isSharded)
    try own.initialise(seed: 7)
    let node = own.node
    let gradients = try RowGradients(
      computing, tree: tree, group: group, node: placement == .onNode ? node : .alone,
      batch: capacity, isForLists: isSharded)
    if placement == .onNode && !gradients.hasAllRows {
      throw CheckFailure(description: "the ranks of a node share no gradients")
    }
    let training: any TrainedTables =
      if let shard {
        ShardedTables(shard, working: computing, tree: tree, batch: capacity, optimizer)
      } else {
        ReplicatedTables(
          model, tree: tree, group: group, node: node, batch: capacity,
          gradients: gradients, optimizer)
      }
    exchange = try GradientExchange(
      GradientVector(range: 0..<training.smallSumCount), tree: tree, group: group,
      reduction: .invariant)
    pool = exchange.makePool()
    self.gradients = gradients
    self.shard = shard
    parameters = own.take()
    self.model = model
    self.tree = tree
    self.training = training
    run = tree.run(ofRank: group.rank, of: group.size)
    batches = (0..<tree.shardCount).map { _ in
      Batch(capacity: capacity, fieldCount: model.schema.fields.count)
    }
  }

  /// Takes a step; returns the field of whose table a sum is not finite: then nothing is updated.
  ///
  /// `overflowing` are fields whose gradients have an infinite sum, though each of them is finite.
  mutating func step(_ step: Int, rows: Int, overflowing: [Int] = []) throws -> Int? {
    let stream = RandomStream(seed: 3, purpose: .synthesis).derived(step)
    for shard in run {
      TableSteps.fill(
        &batches[shard], tree.rows(ofShard: shard, batch: rows), model.schema, stream,
        sameIDs: overflowing)
    }
    gradients.begin(rows: rows)
    for shard in run {
      let first = tree.rows(ofShard: shard, batch: rows).lowerBound * gradients.columns
      gradients.withMutableRows(ofShard: shard) {
        fill(&$0, first, stream, overflowing: overflowing)
      }
    }
    try sumSmallTables(rows)
    try training.lookUp(&batches, run, into: &parameters)
    let small = pool.withSums(at: 0) { training.fieldNotFinite(inSmallSums: $0) }
    let listed = try training.sum(batches[run], gradients)
    if let field = [small, listed].compactMap(\.self).min() { return field }
    try pool.withSums(at: 0) { try training.update(&parameters, smallSums: $0) }
    return nil
  }

  /// The bits of all tables, ``absent`` where another rank has them.
  func tables() -> [UInt32] {
    guard let shard else {
      let span = parameters.span(model.ranges.tables)
      return (0..<span.count).map { span[$0].bitPattern }
    }
    var whole = Buffer(model.layout)
    var span = whole.mutableSpan
    Kernels.fill(&span, with: Float(bitPattern: TableSteps.absent))
    shard.copyAll(to: &whole)
    let tables = whole.span(model.ranges.tables)
    return (0..<tables.count).map { tables[$0].bitPattern }
  }

  private func sumSmallTables(_ rows: Int) throws {
    exchange.sumShards(pool) { shard, sums in
      var span = sums.mutableSpan(pool.range)
      gradients.withRows(ofShard: shard) { matrix in
        training.sumSmallTables(of: batches[shard], rowGradients: matrix, into: &span)
      }
      return !tree.rows(ofShard: shard, batch: rows).isEmpty
    }
    try exchange.sumRanks(pool, batch: rows)
  }

  /// Rows of a batch, each a function of its number; all of them have one id of fields `sameIDs`.
  private static func fill(
    _ batch: inout Batch, _ rows: Range<Int>, _ schema: Schema, _ stream: RandomStream,
    sameIDs: [Int]
  ) {
    batch.resize(to: rows.count)
    for (index, field) in schema.fields.enumerated() {
      for (position, row) in rows.enumerated() {
        let id = stream.derived(index).integer(below: field.cardinality, at: row)
        batch.ids[index * batch.capacity + position] = sameIDs.contains(index) ? 0 : Int32(id)
      }
    }
  }

  /// Gradients of rows, from an element of the whole batch's on: some of them negative zeros, the others with
  /// exponents from -20 to 20, so that in another order they have another sum.
  private func fill(
    _ values: inout MutableSpan<Float>, _ first: Int, _ stream: RandomStream, overflowing: [Int]
  ) {
    let (width, embedding) = (model.rowGradientWidth, model.configuration.embeddingWidth)
    for index in 0..<values.count {
      let bits = stream.derived(99).bits(at: first + index)
      let exponent = 107 + UInt32(truncatingIfNeeded: (bits >> 32) % 41)
      let value = Float(
        bitPattern: UInt32(truncatingIfNeeded: bits) & 0x807F_FFFF | exponent << 23)
      let isLarge = overflowing.contains(index % width / embedding)
      values[index] = isLarge ? 3e38 : (first + index) % 11 == 0 ? -0.0 : value
    }
  }
}
