public import Datasets
import Kernels
public import Models
public import MPI

/// Measures how fast the steps of a phase are, without evaluations.
///
/// Not `Sendable`, as its communicator is not.
public struct PhaseBenchmark: ~Copyable {
  private let context: TrainingContext
  private let task: TrainingTask
  private let group: Communicator
  private var parameters: Buffer
  private var engine: StepEngine
  private var epoch = 0

  /// Prepares a phase on initial parameters; of the experts, the first one is trained.
  ///
  /// Under ``Models/Adaptation/compat`` it is a stage, which trains everything but the gate.
  ///
  /// - Parameters:
  ///   - phase: the phase; one that the model has.
  ///   - configuration: the model.
  ///   - training: how it is trained.
  ///   - seed: what all random numbers derive from.
  ///   - dataset: the rows.
  ///   - world: the ranks; experts are trained on this rank alone, but a stage of `compat` on all.
  ///   - identity: the build and the processor of this rank, compared with the others'.
  /// - Throws: ``TrainingError/ranksDiffer(_:)`` on all ranks,
  ///   ``TrainingError/tooManyRanks(_:shards:)`` or
  ///   ``TrainingError/modelTooLarge(keys:expected:found:)``.
  public init(
    _ phase: TrainingPhase, of configuration: ModelConfiguration, training: TrainingConfiguration,
    seed: UInt64, dataset: Dataset, world: Communicator, identity: RankIdentity
  ) throws(TrainingError) {
    try Trainer.requireAgreement(configuration, training, seed, dataset, identity, world)
    let training = training.limited(toRows: dataset.rows(of: .train).count)
    let model = try Trainer.layOut(configuration, training, dataset, world)
    let isPublished = configuration.adaptation == .compat
    let group = phase == .experts && !isPublished ? Communicator.alone : world
    var context =
      phase == .backbone
      ? TrainingContext(
        model, training, seed: seed, dataset: dataset, rank: world.rank, group: group)
      : TrainingContext(
        model: model, configuration: training, seed: seed, dataset: dataset, rank: world.rank)
    if isPublished { context = context.withOnePhaseConfiguration }
    let task: TrainingTask =
      switch phase {
      case _ where isPublished:
        .published(phase, expert: phase == .experts ? 0 : nil, model)
      case .backbone: .backbone(context.model)
      case .experts: .expert(0, model)
      case .gate: .gate(model)
      }
    let parameters = try context.makeParameters(group)
    let made = context
    let engine = try communicating { () throws(MPIError) in
      try StepEngine(task, made, group: group)
    }
    self.context = context
    self.task = task
    self.group = group
    self.engine = engine
    self.parameters = parameters.take()
  }

  /// The floating-point operations that training one row takes at least.
  public var operationsPerRow: Int {
    context.model.trainingOperations(task.mode, trainable: task.trainable)
  }

  /// Takes the steps of one epoch, or the first of them.
  ///
  /// - Parameter steps: the most steps to take; `nil` for all.
  /// - Returns: the rows trained per second, over all ranks of the phase.
  /// - Throws: ``TrainingError`` of a step.
  public mutating func runEpoch(steps: Int? = nil) throws(TrainingError) -> Double {
    epoch += 1
    Runtime.note(task.name)
    let rows = context.dataset.rows(of: .train)
    let plan = context.plan(task, epoch: epoch)
    let dropout = context.dropout(task, epoch: epoch)
    let count = min(steps ?? plan.stepCount, plan.stepCount)
    let start = ContinuousClock.now
    for step in 0..<count {
      Runtime.note(step: step + 1)
      try stepping(task, epoch: epoch, step: step + 1) { () throws(StepError) in
        try engine.step(step, of: plan, rows: rows, parameters: &parameters, dropout: dropout)
      }
    }
    let trained = (0..<count).reduce(0) { $0 + plan.samples(ofStep: $1).count }
    return Double(trained) / seconds(since: start)
  }
}
