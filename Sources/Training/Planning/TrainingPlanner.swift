public import Datasets
public import Features
import Kernels
public import Models
public import MPI

/// Predicts what the phases of a training cost on numbers of ranks that are not there, from what they
/// cost on one rank that is.
///
/// Not `Sendable`, as its communicator is not.
public struct TrainingPlanner {
  /// The planned model.
  let model: Model
  /// The model that is measured: with the tables of the dataset, which fit into memory.
  let measured: Model
  let training: TrainingConfiguration
  let seed: UInt64
  let dataset: Dataset
  let world: Communicator
  /// How many times the dataset's rows the planned training has.
  private let scale: Double

  /// Prepares for a dataset, or a larger one of its kind.
  ///
  /// - Parameters:
  ///   - configuration: the model.
  ///   - training: how it is trained.
  ///   - seed: what all random numbers derive from.
  ///   - dataset: the rows that are measured.
  ///   - schema: the fields of the planned data: those of the dataset, or the same with larger tables.
  ///   - rows: the training rows of the planned data, shared by domains as in the dataset; `nil` for
  ///     those of the dataset.
  ///   - world: the ranks that measure.
  ///   - identity: the build and the processor of this rank, compared with the others'.
  /// - Throws: ``TrainingError/ranksDiffer(_:)`` on all ranks, ``TrainingError/tooManyRanks(_:shards:)`` or
  ///   ``TrainingError/modelTooLarge(keys:expected:found:)``.
  public init(
    _ configuration: ModelConfiguration, training: TrainingConfiguration, seed: UInt64,
    dataset: Dataset, schema: Schema, rows: Int?, world: Communicator, identity: RankIdentity
  ) throws(TrainingError) {
    try Trainer.requireAgreement(configuration, training, seed, dataset, identity, world)
    try Trainer.checkRanks(world.size, training)
    let ownRows = dataset.rows(of: .train).count
    let training = training.limited(toRows: max(ownRows, rows ?? 0))
    model = Model(configuration, schema: schema, capacity: Trainer.capacity(training))
    try Trainer.checkParameterCount(of: model)
    measured = Model(
      configuration, schema: dataset.schema, capacity: Trainer.capacity(training))
    self.training = training
    self.seed = seed
    self.dataset = dataset
    self.world = world
    scale = rows.map { Double($0) / Double(max(1, ownRows)) } ?? 1
  }

  /// How many ranks share a node, and tables: those of the smallest node, or 1 where there is too little memory
  /// to share; all ranks call it.
  ///
  /// - Throws: ``TrainingError/communication(_:)``.
  public func ranksOnNode() throws(TrainingError) -> Int {
    // Stages of the published code share nothing.
    let isPublished = measured.configuration.adaptation == .compat
    let (world, bytes) = (world, isPublished ? .max : 4 * measured.ranges.tables.count)
    return try communicating { () throws(MPIError) in
      let node = try world.splitByNode().size
      return try world.allReduce(bytes <= SharedMemory.freeBytes ? node : 1, .min)
    }
  }

  /// What is expected of a phase, by number of ranks.
  ///
  /// - Parameters:
  ///   - phase: the phase; one that the model has.
  ///   - ranks: numbers of ranks, each at most one for each shard.
  ///   - cost: what computing takes.
  ///   - network: what messages take.
  ///   - ranksPerNode: how many ranks share a node.
  /// - Returns: a prediction for each number of ranks.
  public func predictions(
    of phase: TrainingPhase, ranks: [Int], cost: PhaseCost, network: NetworkModel,
    ranksPerNode: Int = 1
  ) -> [PhasePrediction] {
    let shape = shape(of: phase, scale: scale)
    return ranks.map {
      shape.prediction(ranks: $0, cost: cost, network: network, ranksPerNode: ranksPerNode)
    }
  }
}

// MARK: - Sizes

extension TrainingPlanner {
  /// The phase's only task, or the expert with the most rows.
  func largestTask(of phase: TrainingPhase) -> TrainingTask {
    let shape = shape(of: phase, scale: 1)
    return TrainingTask.tasks(of: phase, model)[
      ExpertSchedule(rows: shape.parts.map(\.rows), ranks: 1).order[0]]
  }

  /// The task that a group of ranks begins with.
  func firstTask(
    ofGroup group: Int, _ schedule: ExpertSchedule, _ phase: TrainingPhase
  ) -> TrainingTask {
    TrainingTask.tasks(of: phase, model)[schedule.first(ofGroup: group) ?? schedule.order[0]]
  }

  /// The sizes of a phase, with `scale` times the dataset's rows.
  func shape(of phase: TrainingPhase, scale: Double) -> PhaseShape {
    let tasks = TrainingTask.tasks(of: phase, model)
    return PhaseShape(
      tasks[0], of: model, training, parts: tasks.map { part($0, scale: scale) })
  }

  /// The rows of a typical step.
  func rowsOfStep(_ task: TrainingTask) -> Int {
    min(training[task.phase].globalBatch, part(task, scale: 1).rows)
  }

  private func part(_ task: TrainingTask, scale: Double) -> PhaseShape.Part {
    func counts(_ split: Split) -> [Int] {
      let rows = dataset.rows(of: split)
      return task.domains.map {
        Int((Double(rows.samples(ofDomain: $0).count) * scale).rounded())
      }
    }
    let batch = training[task.phase].globalBatch
    let rows = counts(.train)
    let batched = training.batching == .mixed ? [rows.reduce(0, +)] : rows
    return PhaseShape.Part(
      rows: rows.reduce(0, +), steps: batched.reduce(0) { $0 + ($1 + batch - 1) / batch },
      validationRows: counts(.validation).reduce(0, +), domains: task.domains.count,
      publishedFloats: task.expert == nil ? 0 : task.range.count)
  }
}
