import Datasets
import Evaluation
import Kernels
import Models
import MPI

/// What came of a task.
struct TaskOutcome {
  /// The evaluations, from that of the untrained candidate on.
  var records: [EvaluationRecord] = []
  /// The epochs begun.
  var epochs = 0
  /// The rows trained.
  var samples = 0
  /// The seconds of training, evaluation not included.
  var trainingSeconds = 0.0
}

/// Trains one task to its end: epochs, evaluations, early stopping, the best parameters restored.
struct TaskTrainer: ~Copyable {
  private let task: TrainingTask
  private let context: TrainingContext
  private let group: Communicator
  private let observer: (TrainingEvent) -> Void
  private let phase: PhaseConfiguration
  private let changes: Range<Int>
  private let start = ContinuousClock.now
  private var engine: StepEngine
  private var scorer: Scorer
  private var stopping: EarlyStopping
  private var best: Buffer
  private var outcome = TaskOutcome()
  private var steps = 0

  /// Evaluates the parameters the task starts from: the first candidate.
  init(
    _ task: TrainingTask, _ context: TrainingContext, parameters: borrowing Buffer,
    group: Communicator, observer: @escaping (TrainingEvent) -> Void
  ) throws(TrainingError) {
    var scorer = Scorer(context.model, group: group)
    let table = try TaskTrainer.evaluate(&scorer, task, context, parameters)
    let figure = try TaskTrainer.figure(of: table, task)
    let engine = try communicating { () throws(MPIError) in
      try StepEngine(
        task, model: context.model, configuration: context.configuration, group: group)
    }
    self.task = task
    self.context = context
    self.group = group
    self.observer = observer
    phase = context.configuration[task.phase]
    changes = task.changes(context.model)
    self.engine = engine
    self.scorer = scorer
    stopping = EarlyStopping(patience: phase.patience, initial: figure)
    best = Buffer(count: parameters.count)
    best.copy(changes, from: parameters)
    note(table, epoch: 0, trainingLoss: nil, isBest: true)
  }

  /// Trains until the figures stop improving, and leaves the best parameters.
  mutating func train(_ parameters: inout Buffer) throws(TrainingError) -> TaskOutcome {
    var epoch = 0
    while epoch < phase.maximumEpochs && !stopping.shouldStop {
      epoch += 1
      try train(epoch: epoch, &parameters)
    }
    parameters.copy(changes, from: best)
    outcome.epochs = epoch
    return outcome
  }

  private mutating func train(epoch: Int, _ parameters: inout Buffer) throws(TrainingError) {
    let rows = context.dataset.rows(of: .train)
    let plan = context.plan(task, epoch: epoch)
    let dropout = context.dropout(task, epoch: epoch)
    var losses = LossSum(shards: context.configuration.shards, steps: plan.stepCount)
    for step in 1...plan.stepCount {
      let began = ContinuousClock.now
      try communicating { () throws(MPIError) in
        try engine.step(
          step - 1, of: plan, rows: rows, parameters: &parameters, dropout: dropout)
      }
      losses.add(engine.shardLosses, rows: plan.samples(ofStep: step - 1).count)
      outcome.trainingSeconds += seconds(since: began)
      outcome.samples += plan.samples(ofStep: step - 1).count
      steps += 1
      observer(.stepped(progress(epoch, step: step, of: plan.stepCount)))
      if isEvaluationDue(after: step, of: plan.stepCount) {
        try evaluate(parameters, epoch: epoch, losses: &losses)
        if stopping.shouldStop { return }
      }
    }
  }

  /// Evaluations are evenly spaced, the last one at the end of the epoch.
  private func isEvaluationDue(after step: Int, of stepCount: Int) -> Bool {
    let perEpoch = min(phase.evaluationsPerEpoch, stepCount)
    return step * perEpoch / stepCount > (step - 1) * perEpoch / stepCount
  }

  private mutating func evaluate(
    _ parameters: borrowing Buffer, epoch: Int, losses: inout LossSum
  ) throws(TrainingError) {
    let loss = try communicating { () throws(MPIError) in try losses.mean(over: group) }
    guard loss.isFinite else {
      throw .lossNotFinite(
        phase: task.phase, expert: task.expert, epoch: epoch, step: steps, loss: "\(loss)")
    }
    let table = try TaskTrainer.evaluate(&scorer, task, context, parameters)
    let isBest = stopping.improves(try TaskTrainer.figure(of: table, task))
    if isBest { best.copy(changes, from: parameters) }
    note(table, epoch: epoch, trainingLoss: loss, isBest: isBest)
  }

  private static func evaluate(
    _ scorer: inout Scorer, _ task: TrainingTask, _ context: TrainingContext,
    _ parameters: borrowing Buffer
  ) throws(TrainingError) -> EvaluationTable {
    try communicating { () throws(MPIError) in
      try scorer.evaluate(
        context.dataset.rows(of: .validation), domains: task.domains, parameters: parameters
      ) { _ in task.mode }
    }
  }

  /// The figure that decides: the mean AUC of the task's domains.
  private static func figure(
    of table: EvaluationTable, _ task: TrainingTask
  ) throws(TrainingError) -> Double {
    guard let figure = table.meanAUC else {
      throw .noValidationFigure(phase: task.phase, domains: task.domains)
    }
    return figure
  }
}

// MARK: - Reporting

extension TaskTrainer {
  private mutating func note(
    _ table: EvaluationTable, epoch: Int, trainingLoss: Double?, isBest: Bool
  ) {
    let record = EvaluationRecord(
      phase: task.phase, expert: task.expert, epoch: epoch, step: steps,
      trainingLoss: trainingLoss, validation: table, isBest: isBest,
      seconds: seconds(since: start), samplesPerSecond: outcome.samplesPerSecond)
    outcome.records.append(record)
    observer(.evaluated(record))
  }

  private func progress(_ epoch: Int, step: Int, of stepCount: Int) -> TrainingProgress {
    TrainingProgress(
      phase: task.phase,
      expert: task.expert.map { .init(index: $0, count: context.model.ranges.adapters.count) },
      epoch: epoch - 1, maximumEpochs: phase.maximumEpochs, step: step, stepsPerEpoch: stepCount,
      samplesPerSecond: outcome.samplesPerSecond,
      validationAUC: outcome.records.last?.validation.meanAUC)
  }
}

extension TaskOutcome {
  /// The rows trained per second; zero before the first step.
  var samplesPerSecond: Double { trainingSeconds > 0 ? Double(samples) / trainingSeconds : 0 }
}

/// The seconds since an instant.
func seconds(since start: ContinuousClock.Instant) -> Double {
  let (seconds, attoseconds) = (ContinuousClock.now - start).components
  return Double(seconds) + Double(attoseconds) * 1e-18
}

/// Runs a body that communicates, and turns its error into one of training.
func communicating<Result: ~Copyable>(
  _ body: () throws(MPIError) -> Result
) throws(TrainingError) -> Result {
  do throws(MPIError) {
    return try body()
  } catch {
    throw .communication(error)
  }
}
