import Checkpoints
public import Datasets
import Evaluation
public import Kernels
public import Models
public import MPI

/// Trains a model through its phases, on all ranks of a communicator.
///
/// The result is the same on any number of ranks, to the bit.
public struct Trainer: ~Copyable {
  /// The model.
  public let model: Model
  /// Its parameters: initial, then those of the last phase.
  ///
  /// The tables among them are one memory for the ranks of a node, where these can share any. While sharded
  /// tables are trained, the tables hold nothing of use.
  public internal(set) var parameters: Buffer
  var context: TrainingContext
  let world: Communicator
  /// Writes checkpoints, and knows those to go on from.
  private var keeper: CheckpointKeeper?
  /// Why this rank could not share its tables with those of its node, if it could not.
  private let refusal: SharedMemory.Failure?

  /// Lays out a model for a dataset and draws its initial parameters.
  ///
  /// - Parameters:
  ///   - configuration: the model.
  ///   - training: how it is trained.
  ///   - seed: what all random numbers derive from.
  ///   - dataset: the rows; its schema gives the model its fields and domains.
  ///   - world: the ranks.
  ///   - identity: the build and the processor of this rank, compared with the others'.
  /// - Throws: ``TrainingError/ranksDiffer(_:)`` on all ranks, or
  ///   ``TrainingError/tooManyRanks(_:shards:)`` or
  ///   ``TrainingError/modelTooLarge(keys:expected:found:)``.
  public init(
    _ configuration: ModelConfiguration, training: TrainingConfiguration, seed: UInt64,
    dataset: Dataset, world: Communicator, identity: RankIdentity
  ) throws(TrainingError) {
    try Trainer.requireAgreement(configuration, training, seed, dataset, identity, world)
    let training = training.limited(toRows: dataset.rows(of: .train).count)
    let model = try Trainer.layOut(configuration, training, dataset, world)
    var context = TrainingContext(
      model, training, seed: seed, dataset: dataset, rank: world.rank, group: world)
    let parameters = try context.makeParameters(world)
    self.model = model
    self.context = context
    refusal = parameters.refusal
    keeper = nil
    self.parameters = parameters.take()
    self.world = world
  }

  /// The model for a dataset, if the ranks can share its shards and it has not too many parameters.
  static func layOut(
    _ configuration: ModelConfiguration, _ training: TrainingConfiguration, _ dataset: Dataset,
    _ world: Communicator
  ) throws(TrainingError) -> Model {
    try checkRanks(world.size, training)
    let model = Model(configuration, schema: dataset.schema, capacity: capacity(training))
    try checkParameterCount(of: model)
    return model
  }

  /// Throws unless there is a shard for every rank.
  public static func checkRanks(
    _ ranks: Int, _ training: TrainingConfiguration
  ) throws(TrainingError) {
    guard ranks <= training.shards else {
      throw .tooManyRanks(ranks, shards: training.shards)
    }
  }

  /// The rows of a pass: a shard of the largest batch, or a block of an evaluation.
  static func capacity(_ training: TrainingConfiguration) -> Int {
    let batch = TrainingPhase.allCases.map { training[$0].globalBatch }.max() ?? 1
    return max(Scorer.blockRows, (batch + training.shards - 1) / training.shards)
  }

  /// The phases a model has.
  public static func phases(of adaptation: Adaptation) -> [TrainingPhase] {
    switch adaptation {
    case .none, .mlora: [.backbone]
    case .moe, .compat: TrainingPhase.allCases
    }
  }

  /// Trains all phases.
  ///
  /// - Parameters:
  ///   - checkpoints: writes checkpoints, and knows those to go on from.
  ///   - observer: told of steps, evaluations and phases, on every rank; an error of it ends the training. Of
  ///     what a checkpoint knows it is told again.
  /// - Returns: the phases' results, the same on every rank but for times.
  /// - Throws: ``TrainingError``; other ranks may be left waiting for this one.
  public mutating func train(
    checkpoints: CheckpointKeeper? = nil, observer: @escaping TrainingObserver
  ) throws(TrainingError) -> [PhaseResult] {
    keeper = checkpoints
    try report(refusal, observer)
    if keeper?.configuration.isEnabled == true { StopRequest.accept() }
    let results =
      model.configuration.adaptation == .compat
      ? try trainPublished(observer: observer) : try trainPhases(observer: observer)
    try keeper?.finish()
    // Ranks that have stopped go on accepting: their own signal may come late.
    StopRequest.refuse()
    return results
  }

  /// Trains the phases one after another.
  private mutating func trainPhases(
    observer: @escaping TrainingObserver
  ) throws(TrainingError) -> [PhaseResult] {
    var results: [PhaseResult] = []
    for phase in Trainer.phases(of: model.configuration.adaptation) {
      let start = ContinuousClock.now
      let outcome =
        switch phase {
        case .backbone: try train(.backbone(context.model), group: world, observer: observer)
        case .experts:
          // A rank that has no more experts waits for as long as the others train.
          try Runtime.whereLongWaits(areExpected: true) { () throws(TrainingError) in
            try trainExperts(observer: observer)
          }
        case .gate: try train(.gate(model), group: world, observer: observer)
        }
      if phase == .backbone { try freezeTables(observer: observer) }
      let result = try finish(phase, outcome, start: start)
      try observer(.finished(result))
      results.append(result)
    }
    return results
  }

  /// Trains a task, or restores what came of it.
  mutating func train(
    _ task: TrainingTask, group: Communicator, observer: @escaping TrainingObserver,
    attend: @escaping () throws(MPIError) -> Void = {}
  ) throws(TrainingError) -> TaskOutcome {
    // Within a group all ranks work, whatever others do.
    let checkpoints = checkpoints(of: task, context, group: group)
    return try Runtime.whereLongWaits(areExpected: group.size == 1) { () throws(TrainingError) in
      if let checkpoints, let outcome = try restore(task, from: checkpoints) {
        for record in outcome.records { try observer(.evaluated(record)) }
        return outcome
      }
      var trainer = try TaskTrainer(
        task, context, group: group, checkpoints: checkpoints, observer: observer, attend: attend)
      return try trainer.train(&parameters)
    }
  }

  /// Those of a task; `nil` if none are written or read.
  func checkpoints(
    of task: TrainingTask, _ context: TrainingContext, group: Communicator
  ) -> TaskCheckpoints? {
    keeper.map { TaskCheckpoints($0, task, context, group: group) }
  }

  /// Waits until all checkpoints have been written.
  func finishCheckpoints() throws(TrainingError) { try keeper?.finish() }

  /// Whether a task had ended when the training was interrupted.
  func isFinished(_ task: TrainingTask) -> Bool {
    keeper?.found[task.fileName]?.progress == .finished
  }

  /// Restores what came of a task that has ended; `nil` if it has not.
  private mutating func restore(
    _ task: TrainingTask, from checkpoints: TaskCheckpoints
  ) throws(TrainingError) -> TaskOutcome? {
    guard let found = checkpoints.found, found.progress == .finished else { return nil }
    let manifest = try checkpoints.manifest(of: found)
    try checkpoints.restoreEnd(found, manifest, parameters: &parameters)
    let sharers = context.sharers(task)
    // No rank reads rows that another one has yet to restore.
    try communicating { () throws(MPIError) in try sharers.barrier() }
    return manifest.state.outcome
  }

  /// Evaluates a finished phase on validation and test rows.
  func finish(
    _ phase: TrainingPhase, _ outcome: TaskOutcome, start: ContinuousClock.Instant
  ) throws(TrainingError) -> PhaseResult {
    let modes = servingModes(after: phase, outcome)
    let validation = try evaluate(.validation, modes)
    let test = try evaluate(.test, modes)
    return PhaseResult(
      phase: phase, seconds: seconds(since: start), epochs: outcome.epochs,
      samplesPerSecond: outcome.samplesPerSecond,
      validation: validation, test: test)
  }

  /// Evaluates all domains on the rows of a split, each in its mode.
  private func evaluate(_ split: Split, _ modes: [ModelMode]) throws(TrainingError)
    -> EvaluationTable
  {
    try communicating { () throws(MPIError) in
      var scorer = Scorer(model, group: world)
      return try scorer.evaluate(
        context.dataset.rows(of: split), domains: modes.indices, parameters: parameters
      ) { modes[$0] }
    }
  }
}
