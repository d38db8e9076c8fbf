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
  /// This rank among those of the whole job, for messages.
  private let rank: Int
  private let tree: ShardTree
  private let configuration: TrainingConfiguration
  /// The rank's own shards.
  private let run: Range<Int>
  private let pool: GradientPool
  private let exchange: GradientExchange
  private var workspace: ModelWorkspace
  /// By shard; those of other ranks stay empty.
  private var batches: [Batch]
  private var adam: Adam
  /// `nil` for a task that does not train tables.
  let tables: (any TrainedTables)?
  /// Those of this rank's shards; `nil` for a task that does not train tables.
  private let rowGradients: RowGradients?
  /// The sums of small tables, among those of gradients.
  private let smallSums: Range<Int>
  /// What this rank asks the others for with its next steps.
  package var requests = StepRequests()
  /// What some rank of the group asked for with the last step, the same on all of them.
  package private(set) var commonRequests = StepRequests()
  private var isDomainPresent: [Bool]
  /// Whether all numbers of the shard computed last are finite.
  private var isShardFinite = true
  /// By shard: the sum of its rows' cross-entropies in the last step; zero for other ranks' shards.
  package private(set) var shardLosses: [Double]

  /// Allocates what the steps of a task need; all ranks of the group call it.
  ///
  /// - Parameters:
  ///   - task: what is trained.
  ///   - model: the model.
  ///   - configuration: how it is trained.
  ///   - group: the ranks that train the task.
  ///   - rank: this rank among those of the whole job, for messages.
  ///   - shard: the table rows of this rank, if tables are sharded; `model` then is the working one.
  ///   - node: the ranks of the group in whose parameters the tables are one memory.
  /// - Throws: ``MPI/MPIError/countTooLarge(_:limit:routine:)``, or what MPI throws.
  package init(
    _ task: TrainingTask, model: Model, configuration: TrainingConfiguration, group: Communicator,
    rank: Int, shard: TableShard? = nil, node: Communicator = .alone
  ) throws(MPIError) {
    let batch = configuration[task.phase].globalBatch
    let tree = ShardTree(shardCount: configuration.shards)
    // Before any property is set: Swift 6.3 destroys a half-made noncopyable value wrongly.
    let trainsTables = task.trainable.contains(.backbone)
    let optimizer = AdamConfiguration(learningRate: configuration[task.phase].learningRate)
    let rowGradients =
      trainsTables
      ? try RowGradients(
        model, tree: tree, group: group, node: node, batch: batch, isForLists: shard != nil) : nil
    let tables = rowGradients.map {
      StepEngine.tables(
        model, shard, tree, group, node, batch, gradients: $0,
        TableOptimizer(
          optimizer, updates: configuration.tableUpdates, l2: configuration.embeddingL2))
    }
    let smallSums = task.range.count..<task.range.count + (tables?.smallSumCount ?? 0)
    let start = task.range.lowerBound
    let statistics = model.ranges.statistics.clamped(to: task.range)
    let vector = GradientVector(
      range: start..<start + smallSums.upperBound + StepRequests.count,
      parameterCount: task.range.count,
      common: [statistics.lowerBound - start..<statistics.upperBound - start])
    exchange = try GradientExchange(
      vector, tree: tree, group: group, reduction: configuration.reduction,
      sharesMemory: rowGradients?.isShared == true)
    self.task = task
    self.model = model
    self.group = group
    self.rank = rank
    self.tree = tree
    self.configuration = configuration
    run = tree.run(ofRank: group.rank, of: group.size)
    pool = exchange.makePool()
    workspace = ModelWorkspace(model)
    let (ownShards, shardRows) = (run, (batch + tree.shardCount - 1) / tree.shardCount)
    batches = (0..<tree.shardCount).map { shard in
      Batch(
        capacity: ownShards.contains(shard) ? shardRows : 0, fieldCount: model.schema.fields.count)
    }
    adam = Adam(optimizer, for: task.range)
    self.rowGradients = rowGradients
    self.tables = tables
    self.smallSums = smallSums
    isDomainPresent = Array(repeating: false, count: model.schema.domainCount)
    shardLosses = Array(repeating: 0, count: tree.shardCount)
  }

  /// Allocates what the steps of a task need in a training.
  init(_ task: TrainingTask, _ context: TrainingContext, group: Communicator) throws(MPIError) {
    try self.init(
      task, model: context.model, configuration: context.configuration, group: group,
      rank: context.rank, shard: context.shard, node: context.sharers(task))
  }

  /// Why this rank could not share gradients with those of its node, if it could not.
  var refusal: SharedMemory.Failure? { rowGradients?.refusal ?? exchange.refusal }

  /// Brings the moments of the dense parameters here that other ranks have; all ranks of the group call it.
  mutating func gatherMoments() throws(MPIError) {
    let exchange = exchange
    try adam.withMoments { first, second throws(MPIError) in
      try exchange.gather(&first)
      try exchange.gather(&second)
    }
  }

  /// Lends Adam's two moments of the dense parameters: all of them after ``gatherMoments()``.
  func withMoments(_ body: (_ first: borrowing Buffer, _ second: borrowing Buffer) -> Void) {
    body(adam.firstMoments, adam.secondMoments)
  }

  /// Goes on from a step whose moments of the dense parameters `body` writes.
  mutating func restoreMoments(
    step: Int, _ body: (_ first: inout Buffer, _ second: inout Buffer) -> Void
  ) {
    adam.restore(step: step, body)
  }

  private static func tables(
    _ model: Model, _ shard: TableShard?, _ tree: ShardTree, _ group: Communicator,
    _ node: Communicator, _ batch: Int, gradients: RowGradients, _ optimizer: TableOptimizer
  ) -> any TrainedTables {
    guard let shard else {
      return ReplicatedTables(
        model, tree: tree, group: group, node: node, batch: batch, gradients: gradients,
        optimizer)
    }
    return ShardedTables(shard, working: model, tree: tree, batch: batch, optimizer)
  }

  /// Takes one optimiser step.
  ///
  /// - Parameters:
  ///   - index: the step of the epoch.
  ///   - plan: the epoch's batches.
  ///   - rows: the training rows.
  ///   - parameters: the model's parameters.
  ///   - dropout: which units to drop in this epoch.
  /// - Throws: ``StepError``, on all ranks of the group; no parameter has been updated.
  package mutating func step(
    _ index: Int, of plan: EpochPlan, rows: SplitRows, parameters: inout Buffer,
    dropout: DropoutMask?
  ) throws(StepError) {
    precondition(
      plan.shards == tree.shardCount, "\(plan.shards) shards, expected \(tree.shardCount)")
    let samples = plan.samples(ofStep: index)
    rowGradients?.begin(rows: samples.count)
    for shard in run { rows.fill(&batches[shard], with: plan.shard(shard, ofStep: index)) }
    do throws(MPIError) {
      try tables?.lookUp(&batches, run, into: &parameters)
    } catch {
      throw .communication(error)
    }
    notePresentDomains(samples, rows)
    model.prepare(parameters, mode: task.mode, workspace)
    // Copied: what `self` owns must not be in use while a shard changes `self`.
    let (exchange, pool) = (exchange, pool)
    exchange.sumShards(pool) { shard, gradients in
      let hasRows = computeShard(
        shard, of: samples.count, parameters: parameters, dropout: dropout, gradients: &gradients)
      if hasRows && !isShardFinite { mark(&gradients) }
      return hasRows
    }
    do throws(MPIError) {
      try exchange.sumRanks(pool, batch: samples.count)
    } catch {
      throw .communication(error)
    }
    commonRequests = pool.withSums(at: 0) { StepRequests($0.extracting(smallSums.upperBound...)) }
    guard try areSumsFinite() else {
      throw try failure(of: samples.count, parameters: parameters, dropout: dropout)
    }
    if let field = try sumTables() {
      throw .notFinite(NonFiniteSearch(model: model, task: task).number(inSumsOfField: field))
    }
    try update(&parameters)
  }

  /// Whether all dense sums are finite, on all ranks.
  private func areSumsFinite() throws(StepError) -> Bool {
    do throws(MPIError) {
      return try exchange.areFinite(pool)
    } catch {
      throw .communication(error)
    }
  }

  /// Sums the gradients of tables that are not small; returns the first field of whose table a sum is not
  /// finite.
  private func sumTables() throws(StepError) -> Int? {
    guard let tables, let rowGradients else { return nil }
    do throws(MPIError) {
      return try tables.sum(batches[run], rowGradients)
    } catch {
      throw .communication(error)
    }
  }

  /// Notes which domains the whole batch has, all ranks' rows included, where that decides what a step
  /// changes.
  private mutating func notePresentDomains(_ samples: ArraySlice<Int32>, _ rows: SplitRows) {
    guard task.mode == .domainAdapters else { return }
    for domain in isDomainPresent.indices { isDomainPresent[domain] = false }
    for sample in samples { isDomainPresent[rows.domain(ofSample: Int(sample))] = true }
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
    isShardFinite = shardLosses[shard].isFinite
    if let tables, let rowGradients {
      isShardFinite =
        rowGradients.copy(ofShard: shard, from: model, workspace) && isShardFinite
      let start = task.range.lowerBound
      var small = gradients.mutableSpan(
        start + smallSums.lowerBound..<start + smallSums.upperBound)
      rowGradients.withRows(ofShard: shard) { rows in
        tables.sumSmallTables(of: batches[shard], rowGradients: rows, into: &small)
      }
    }
    let end = pool.range.upperBound
    var floats = gradients.mutableSpan(end - StepRequests.count..<end)
    requests.write(to: &floats)
    return true
  }

  /// Makes a sum of gradients show, on all ranks alike, that the shard has a number that is not finite:
  /// a loss or a row's gradient need not.
  private func mark(_ gradients: inout Buffer) {
    var first = gradients.mutableSpan(task.range.lowerBound..<task.range.lowerBound + 1)
    first[0] = .nan
  }

  private mutating func update(_ parameters: inout Buffer) throws(StepError) {
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
    do throws(MPIError) {
      try updateTables(of: &parameters)
      try exchange.shareUpdates(of: &parameters)
    } catch {
      throw .communication(error)
    }
  }

  private func updateTables(of parameters: inout Buffer) throws(MPIError) {
    guard let tables else { return }
    try pool.withSums(at: 0) { sums throws(MPIError) in
      try tables.update(&parameters, smallSums: sums.extracting(smallSums))
    }
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

  /// Updates those of some parameters that are this rank's to update.
  private mutating func update(_ range: Range<Int>, of parameters: inout Buffer, l2: Float) {
    let (first, part) = (task.range.lowerBound, exchange.part)
    let range = range.clamped(to: first + part.lowerBound..<first + part.upperBound)
    let start = range.lowerBound - first
    pool.withSums(at: 0) { sums in
      adam.update(
        range, of: &parameters, gradients: sums.extracting(start..<start + range.count), l2: l2)
    }
  }
}

// MARK: - Numbers that are not finite

extension StepEngine {
  /// Computes all shards again, and finds the first number that is not finite: the same on all ranks.
  private mutating func failure(
    of rowCount: Int, parameters: borrowing Buffer, dropout: DropoutMask?
  ) throws(StepError) -> StepError {
    let search = NonFiniteSearch(model: model, task: task)
    let findingInTables = try findingInTables(search)
    exchange.completeSums(pool, batch: rowCount)
    var scratch = Buffer(count: pool.range.upperBound)
    pool.withSums(at: 0) { sums in
      var target = scratch.mutableSpan(pool.range)
      copy(sums, into: &target)
    }
    let findingInSums = search.find(inSums: scratch) ?? findingInTables
    var own: NonFiniteSearch.Finding?
    for shard in run where own == nil {
      let hasRows = computeShard(
        shard, of: rowCount, parameters: parameters, dropout: dropout, gradients: &scratch)
      guard hasRows else { continue }
      own = search.find(
        in: batches[shard], parameters: parameters, gradients: scratch, workspace)
    }
    do throws(MPIError) {
      return .notFinite(try search.first(of: own, rank: rank, orElse: findingInSums, group))
    } catch {
      throw .communication(error)
    }
  }

  /// The first table, whether it is small or not, of which a sum over all shards is not finite.
  private mutating func findingInTables(
    _ search: NonFiniteSearch
  ) throws(StepError) -> NonFiniteSearch.Finding? {
    guard let tables else { return nil }
    let small = pool.withSums(at: 0) {
      tables.fieldNotFinite(inSmallSums: $0.extracting(smallSums))
    }
    return [small, try sumTables()].compactMap(\.self).min().map(search.finding(inSumsOfField:))
  }
}
