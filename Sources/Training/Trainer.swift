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
  public private(set) var parameters: Buffer
  private let context: TrainingContext
  private let world: Communicator

  /// Lays out a model for a dataset and draws its initial parameters.
  ///
  /// - Parameters:
  ///   - configuration: the model.
  ///   - training: how it is trained.
  ///   - seed: what all random numbers derive from.
  ///   - dataset: the rows; its schema gives the model its fields and domains.
  ///   - world: the ranks.
  /// - Throws: ``TrainingError/tooManyRanks(_:shards:)``.
  public init(
    _ configuration: ModelConfiguration, training: TrainingConfiguration, seed: UInt64,
    dataset: Dataset, world: Communicator
  ) throws(TrainingError) {
    model = try Trainer.layOut(configuration, training, dataset, world)
    parameters = model.initialParameters(seed: seed)
    context = TrainingContext(
      model: model, configuration: training, seed: seed, dataset: dataset)
    self.world = world
  }

  /// The model for a dataset, if the ranks can share its shards.
  static func layOut(
    _ configuration: ModelConfiguration, _ training: TrainingConfiguration, _ dataset: Dataset,
    _ world: Communicator
  ) throws(TrainingError) -> Model {
    guard world.size <= training.shards else {
      throw .tooManyRanks(world.size, shards: training.shards)
    }
    return Model(configuration, schema: dataset.schema, capacity: capacity(training))
  }

  /// The rows of a pass: a shard of the largest batch, or a block of an evaluation.
  private static func capacity(_ training: TrainingConfiguration) -> Int {
    let batch = TrainingPhase.allCases.map { training[$0].globalBatch }.max() ?? 1
    return max(Scorer.blockRows, (batch + training.shards - 1) / training.shards)
  }

  /// The phases a model has.
  public static func phases(of adaptation: Adaptation) -> [TrainingPhase] {
    adaptation == .moe ? TrainingPhase.allCases : [.backbone]
  }

  /// Trains all phases.
  ///
  /// - Parameter observer: told of steps, evaluations and phases, on every rank.
  /// - Returns: the phases' results, the same on every rank but for times.
  public mutating func train(
    observer: @escaping (TrainingEvent) -> Void
  ) throws(TrainingError) -> [PhaseResult] {
    var results: [PhaseResult] = []
    for phase in Trainer.phases(of: model.configuration.adaptation) {
      let start = ContinuousClock.now
      let outcome =
        switch phase {
        case .backbone: try train(.backbone(model), group: world, observer: observer)
        case .experts: try trainExperts(observer: observer)
        case .gate: try train(.gate(model), group: world, observer: observer)
        }
      let result = try finish(phase, outcome, start: start)
      observer(.finished(result))
      results.append(result)
    }
    return results
  }

  private mutating func train(
    _ task: TrainingTask, group: Communicator, observer: @escaping (TrainingEvent) -> Void
  ) throws(TrainingError) -> TaskOutcome {
    var trainer = try TaskTrainer(
      task, context, parameters: parameters, group: group, observer: observer)
    return try trainer.train(&parameters)
  }

  /// Trains each expert on one rank, then hands its parameters and its outcome to all.
  private mutating func trainExperts(
    observer: @escaping (TrainingEvent) -> Void
  ) throws(TrainingError) -> TaskOutcome {
    let tasks = model.ranges.adapters.indices.map { TrainingTask.expert($0, model) }
    let train = context.dataset.rows(of: .train)
    let rows = tasks.map { task in task.domains.reduce(0) { $0 + train.samples(ofDomain: $1).count }
    }
    let schedule = ExpertSchedule(rows: rows, size: world.size)
    var outcomes: [Int: TaskOutcome] = [:]
    for expert in schedule.experts(ofRank: world.rank, rows: rows) {
      outcomes[expert] = try self.train(tasks[expert], group: .alone) { event in
        // Evaluations are reported below, in the order of experts, whoever trained them.
        if case .stepped = event { observer(event) }
      }
    }
    var total = TaskOutcome()
    for (expert, task) in tasks.enumerated() {
      let outcome = try publish(outcomes[expert], of: task, from: schedule.owners[expert])
      for record in outcome.records { observer(.evaluated(record)) }
      total.epochs += outcome.epochs
      total.samples += outcome.samples
      total.records += outcome.records
    }
    return total
  }

  /// Copies an expert's parameters and outcome from the rank that trained it to all.
  private mutating func publish(
    _ outcome: TaskOutcome?, of task: TrainingTask, from owner: Int
  ) throws(TrainingError) -> TaskOutcome {
    let (world, names) = (world, model.schema.domainNames)
    return try communicating { () throws(MPIError) in
      var span = parameters.mutableSpan(task.range)
      try world.broadcast(&span, from: owner)
      var words = outcome?.words ?? []
      try world.broadcast(&words, from: owner)
      return TaskOutcome(words: words, task: task, names: names)
    }
  }

  /// Evaluates a finished phase on validation and test rows.
  private func finish(
    _ phase: TrainingPhase, _ outcome: TaskOutcome, start: ContinuousClock.Instant
  ) throws(TrainingError) -> PhaseResult {
    let modes = servingModes(after: phase, outcome)
    let domains = 0..<model.schema.domainCount
    var scorer = Scorer(model, group: world)
    let trained = seconds(since: start)
    let validation = try communicating { () throws(MPIError) in
      try scorer.evaluate(
        context.dataset.rows(of: .validation), domains: domains, parameters: parameters
      ) { modes[$0] }
    }
    let test = try communicating { () throws(MPIError) in
      try scorer.evaluate(
        context.dataset.rows(of: .test), domains: domains, parameters: parameters
      ) { modes[$0] }
    }
    // Experts train side by side: their rate is that of the whole phase.
    let isJoint = outcome.trainingSeconds > 0
    return PhaseResult(
      phase: phase, seconds: seconds(since: start), epochs: outcome.epochs,
      samplesPerSecond: isJoint ? outcome.samplesPerSecond : Double(outcome.samples) / trained,
      validation: validation, test: test)
  }

  /// By domain: the mode in which it is served after a phase.
  ///
  /// After `experts`, a domain uses that of its experts with the best validation AUC, and the
  /// backbone if it has none.
  private func servingModes(after phase: TrainingPhase, _ outcome: TaskOutcome) -> [ModelMode] {
    (0..<model.schema.domainCount).map { domain in
      switch phase {
      case .backbone: return TrainingTask.backbone(model).mode
      case .gate: return .gated
      case .experts:
        // Of equal figures the first counts, which is that of the lowest expert.
        var best: (mode: ModelMode, figure: Double) = (.backbone, -1)
        for record in outcome.records where record.isBest {
          guard let expert = record.expert, expert % model.schema.domainCount == domain,
            let figure = record.validation.meanAUC, figure > best.figure
          else { continue }
          best = (.expert(expert), figure)
        }
        return best.mode
      }
    }
  }
}
