import Datasets
import Kernels
import Models
import MPI

/// What training a task needs, whichever task it is.
struct TrainingContext {
  /// The model; with sharded tables the working one, whose tables have room for the rows of a pass.
  let model: Model
  /// How it is trained.
  private(set) var configuration: TrainingConfiguration
  /// What all random numbers derive from.
  let seed: UInt64
  /// The rows.
  let dataset: Dataset
  /// This rank among those of the whole job.
  let rank: Int
  /// The table rows of this rank, while sharded tables are trained.
  let shard: TableShard?
  /// The ranks in whose parameters the tables are one memory: those of a node, or this one alone.
  private var node = Communicator.alone
  /// Whether this rank, or one that shares its tables, is the first of the group that trains the backbone.
  private(set) var isOnFirstNode = true

  /// What training needs on one of the ranks of a group that trains the backbone together.
  ///
  /// With sharded tables the values of this rank's rows are drawn.
  init(
    _ model: Model, _ configuration: TrainingConfiguration, seed: UInt64, dataset: Dataset,
    rank: Int, group: Communicator
  ) {
    guard configuration.tables == .sharded else {
      self.init(
        model: model, configuration: configuration, seed: seed, dataset: dataset, rank: rank)
      return
    }
    self.init(
      model: model.withTables(ofAtMost: TrainingContext.rowsOfPass(configuration, group)),
      configuration: configuration, seed: seed, dataset: dataset, rank: rank,
      shard: TableShard(model, seed: seed, group: group))
  }

  /// What training needs, with tables among the parameters unless a shard of them is given.
  init(
    model: Model, configuration: TrainingConfiguration, seed: UInt64, dataset: Dataset, rank: Int,
    shard: TableShard? = nil
  ) {
    self.model = model
    self.configuration = configuration
    self.seed = seed
    self.dataset = dataset
    self.rank = rank
    self.shard = shard
  }

  /// The most rows of a batch, or of a block that is scored, for which a rank looks table rows up.
  private static func rowsOfPass(_ configuration: TrainingConfiguration, _ group: Communicator)
    -> Int
  {
    let tree = ShardTree(shardCount: configuration.shards)
    let own = tree.largestRun(
      ofRank: group.rank, of: group.size, batch: configuration.backbone.globalBatch)
    return max(Scorer.blockRows, own)
  }

  /// Allocates and draws the initial parameters; all ranks of a group that trains together call it.
  ///
  /// From then on the ranks of a node share their tables, where they can share memory.
  mutating func makeParameters(_ group: Communicator) throws(TrainingError) -> NodeParameters {
    let (model, seed) = (model, seed)
    // The published code's stages keep parameters in another way.
    let sharesMemory = shard == nil && model.configuration.adaptation != .compat
    let parameters = try communicating { () throws(MPIError) in
      var parameters = try NodeParameters(model, world: group, sharesMemory: sharesMemory)
      try parameters.initialise(seed: seed)
      return parameters
    }
    node = parameters.node
    var first = group.rank
    let sharers = node
    try communicating { () throws(MPIError) in try sharers.broadcast(&first) }
    isOnFirstNode = first == 0
    return parameters
  }

  /// The ranks that share the tables that a task trains: those of a node, or this one alone.
  func sharers(_ task: TrainingTask) -> Communicator {
    task.trainable.contains(.backbone) ? node : .alone
  }

  /// The parameters that a task may change and that are this rank's to keep, among those of ``model``: of
  /// tables that ranks share, the rows it owns.
  func changes(_ task: TrainingTask) -> ParameterRanges {
    guard task.trainable.contains(.backbone), shard == nil else {
      return ParameterRanges([task.range])
    }
    guard sharers(task).size > 1, let owned = ownedRows(task) else {
      return ParameterRanges([task.changes(model)])
    }
    return ParameterRanges([task.range] + owned.runs.map(\.parameters))
  }

  /// The table rows that this rank updates; `nil` for a task that does not train tables.
  func ownedRows(_ task: TrainingTask) -> OwnedRows? {
    guard task.trainable.contains(.backbone) else { return nil }
    if let shard { return shard.owned }
    return OwnedRows(TableRows(model), .blockByBlock(ranks: node.size), rank: node.rank)
  }

  /// The order of an epoch's rows; epochs count from 1.
  func plan(_ task: TrainingTask, epoch: Int) -> EpochPlan {
    EpochPlan(
      of: dataset.rows(of: .train), domains: task.domains,
      stream: stream(.shuffle, task, epoch: epoch),
      globalBatch: configuration[task.phase].globalBatch, shards: configuration.shards,
      batching: configuration.batching)
  }

  /// Which units an epoch drops; `nil` if none.
  func dropout(_ task: TrainingTask, epoch: Int) -> DropoutMask? {
    let rate = model.configuration.dropout
    // The published code loses the marker of training on the way to its dropout.
    guard rate > 0, model.configuration.adaptation != .compat else { return nil }
    return DropoutMask(rate: rate, stream: stream(.dropout, task, epoch: epoch))
  }

  /// The random numbers of an epoch, which no other task, epoch or purpose has.
  private func stream(_ purpose: RandomPurpose, _ task: TrainingTask, epoch: Int) -> RandomStream {
    RandomStream(seed: seed, purpose: purpose)
      .derived(task.phase.index).derived(task.expert ?? 0).derived(epoch)
  }

  /// The L2 penalty, `λ Σ w²` over the tables and what else is penalised.
  ///
  /// With sharded tables all ranks call it.
  func regularisation(_ parameters: borrowing Buffer) throws(MPIError) -> Double {
    var squares = SquareSum()
    if let shard {
      try shard.addAllSquares(to: &squares)
    } else {
      squares.add(parameters.span(model.ranges.tables))
    }
    for slot in model.penalised { squares.add(parameters.span(slot)) }
    return Double(configuration.embeddingL2) * squares.value
  }

  /// The same with the configuration of the backbone's phase for all phases: one optimiser has one
  /// learning rate.
  var withOnePhaseConfiguration: TrainingContext {
    var context = self
    context.configuration.experts = configuration.backbone
    context.configuration.gate = configuration.backbone
    return context
  }
}
