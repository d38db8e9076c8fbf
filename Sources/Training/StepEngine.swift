package import Datasets
import Features
package import Kernels
import Layers
package import Models
package import MPI
import Optimizers

/// Trains one task step by step: shards, tree, exchange, update.
///
/// Everything a step needs is allocated when the engine is made.
package struct StepEngine: ~Copyable {
  private let model: Model
  private let task: TrainingTask
  private let group: Communicator
  private let tree: ShardTree
  private let configuration: TrainingConfiguration
  private let pool: GradientPool
  private var workspace: ModelWorkspace
  private var batches: [Batch]
  private var exchange: GradientExchange
  private var adam: Adam
  private var tables: TableGradients?
  /// `[B, F·K + 1]`: by row of the batch, the gradient of its embeddings and of its logit.
  private var rowGradients: Buffer
  /// By number of rows of a batch: which of ``rowGradients`` each rank computes.
  private var rowBlocks: [Int: Blocks] = [:]
  private var isDomainPresent: [Bool]
  /// By shard: the sum of its rows' cross-entropies in the last step; zero for other ranks' shards.
  package private(set) var shardLosses: [Double]

  /// Allocates what the steps of a task need.
  package init(
    _ task: TrainingTask, model: Model, configuration: TrainingConfiguration, group: Communicator
  ) throws(MPIError) {
    let phase = configuration[task.phase]
    let tree = ShardTree(shardCount: configuration.shards)
    let changes = task.changes(model)
    let shardRows = (phase.globalBatch + tree.shardCount - 1) / tree.shardCount
    let trainsTables = task.trainable.contains(.backbone)
    // Before any property is set: Swift 6.3 destroys a half-made noncopyable value wrongly.
    let exchange = try GradientExchange(tree: tree, group: group, range: task.range)
    self.task = task
    self.model = model
    self.group = group
    self.tree = tree
    self.configuration = configuration
    workspace = ModelWorkspace(model)
    batches = (0..<tree.shardCount).map { _ in
      Batch(capacity: shardRows, fieldCount: model.schema.fields.count)
    }
    pool = GradientPool(range: task.range, depth: tree.depth + exchange.ownNodes.count)
    self.exchange = exchange
    adam = Adam(AdamConfiguration(learningRate: phase.learningRate), for: changes)
    tables = trainsTables ? TableGradients(model, tree: tree, batch: phase.globalBatch) : nil
    rowGradients = Buffer(count: trainsTables ? phase.globalBatch * model.rowGradientWidth : 0)
    isDomainPresent = Array(repeating: false, count: model.schema.domainCount)
    shardLosses = Array(repeating: 0, count: tree.shardCount)
  }

  /// Takes one optimiser step.
  ///
  /// - Parameters:
  ///   - index: the step of the epoch.
  ///   - plan: the epoch's batches.
  ///   - rows: the training rows.
  ///   - parameters: the model's parameters.
  ///   - dropout: which units to drop in this epoch.
  /// - Throws: what the exchange of gradients throws.
  package mutating func step(
    _ index: Int, of plan: EpochPlan, rows: SplitRows, parameters: inout Buffer,
    dropout: DropoutMask?
  ) throws(MPIError) {
    precondition(
      plan.shards == tree.shardCount, "\(plan.shards) shards, expected \(tree.shardCount)")
    let rowCount = plan.samples(ofStep: index).count
    load(index, of: plan, rows: rows)
    model.prepare(parameters, mode: task.mode, workspace)
    let pool = pool
    for (slot, node) in exchange.ownNodes.enumerated() {
      _ = pool.evaluate(node, into: slot) { shard, gradients in
        computeShard(
          shard, of: rowCount, parameters: parameters, dropout: dropout, gradients: &gradients)
      }
    }
    try exchange.exchange(pool, batch: rowCount)
    try exchangeRowGradients(rowCount)
    update(&parameters)
  }

  /// Loads the rows of all shards, because every rank updates all rows of the tables.
  private mutating func load(_ index: Int, of plan: EpochPlan, rows: SplitRows) {
    for domain in isDomainPresent.indices { isDomainPresent[domain] = false }
    let own = tree.run(ofRank: group.rank, of: group.size)
    let needsAll = task.trainable.contains(.backbone)
    for shard in needsAll ? 0..<tree.shardCount : own {
      rows.fill(&batches[shard], with: plan.shard(shard, ofStep: index))
      batches[shard].forEachDomainRun { domain, _ in isDomainPresent[domain] = true }
    }
  }

  /// Computes the gradient of one shard; returns whether it has rows.
  private mutating func computeShard(
    _ shard: Int, of rowCount: Int, parameters: borrowing Buffer, dropout: DropoutMask?,
    gradients: inout Buffer
  ) -> Bool {
    shardLosses[shard] = 0
    guard batches[shard].count > 0 else { return false }
    model.forward(
      batches[shard], parameters: parameters, mode: task.mode, dropout: dropout, &workspace)
    shardLosses[shard] = model.backward(
      batches[shard], parameters: parameters, mode: task.mode, trainable: task.trainable,
      scale: 1 / Float(rowCount), gradients: &gradients, &workspace)
    if task.trainable.contains(.backbone) {
      model.copyRowGradients(
        workspace, to: tree.rows(ofShard: shard, batch: rowCount).lowerBound, of: &rowGradients)
    }
    return true
  }

  /// Gathers all ranks' row gradients, in the order of the batch.
  private mutating func exchangeRowGradients(_ rowCount: Int) throws(MPIError) {
    guard task.trainable.contains(.backbone), group.size > 1 else { return }
    let (group, blocks) = (group, try rowBlocks(rowCount))
    var gradients = rowGradients.mutableSpan(0..<blocks.total)
    try group.allGather(&gradients, blocks: blocks)
  }

  private mutating func rowBlocks(_ rowCount: Int) throws(MPIError) -> Blocks {
    if let blocks = rowBlocks[rowCount] { return blocks }
    let counts = (0..<group.size).map { rank in
      tree.run(ofRank: rank, of: group.size).reduce(0) {
        $0 + tree.rows(ofShard: $1, batch: rowCount).count
      }
    }
    let blocks = try Blocks(counts: counts.map { $0 * model.rowGradientWidth })
    rowBlocks[rowCount] = blocks
    return blocks
  }

  private mutating func update(_ parameters: inout Buffer) {
    adam.beginStep()
    if task.mode == .domainAdapters {
      // Adapters of domains that the batch lacks stay put.
      for (domain, range) in model.ranges.adapters.enumerated() where isDomainPresent[domain] {
        update(range, of: &parameters)
      }
      update(model.ranges.dense, of: &parameters)
    } else {
      update(task.range.clamped(to: 0..<model.ranges.dense.upperBound), of: &parameters)
    }
    updateStatistics(of: &parameters)
    guard tables != nil else { return }
    tables?.sum(batches, rowGradients: rowGradients, columns: model.rowGradientWidth)
    tables?.update(
      &parameters, with: &adam, updates: configuration.tableUpdates, l2: configuration.embeddingL2)
  }

  /// Moves what the backbone keeps of the rows it has seen.
  private func updateStatistics(of parameters: inout Buffer) {
    let range = model.ranges.statistics
    guard !range.isEmpty else { return }
    let start = range.lowerBound - task.range.lowerBound
    pool.withSums(at: 0) { sums in
      model.updateStatistics(
        from: sums.extracting(start..<start + range.count), parameters: &parameters)
    }
  }

  /// Updates some of the dense parameters from the sums over all ranks; some of them are penalised.
  private mutating func update(_ range: Range<Int>, of parameters: inout Buffer) {
    var start = range.lowerBound
    for slot in model.penalised where range.contains(slot.offset) {
      update(start..<slot.offset, of: &parameters, l2: 0)
      update(slot.range, of: &parameters, l2: configuration.embeddingL2)
      start = slot.range.upperBound
    }
    update(start..<range.upperBound, of: &parameters, l2: 0)
  }

  private mutating func update(_ range: Range<Int>, of parameters: inout Buffer, l2: Float) {
    let start = range.lowerBound - task.range.lowerBound
    pool.withSums(at: 0) { sums in
      adam.update(
        range, of: &parameters, gradients: sums.extracting(start..<start + range.count), l2: l2)
    }
  }
}
