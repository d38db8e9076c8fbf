import Datasets
import Evaluation
import Kernels
import Models
import MPI

/// Trains one task to its end: epochs, evaluations, early stopping, the best parameters restored.
struct TaskTrainer: ~Copyable {
  private let task: TrainingTask
  private let context: TrainingContext
  private let group: Communicator
  private let observer: TrainingObserver
  /// Called between steps and between the blocks of an evaluation.
  private let attend: () throws(MPIError) -> Void
  private let phase: PhaseConfiguration
  /// The parameters that training may change and that are this rank's to keep.
  private let changes: ParameterRanges
  private let start = ContinuousClock.now
  /// The figures of the parameters that the task starts from.
  private let initialTable: EvaluationTable
  private var engine: StepEngine
  private var scorer: Scorer
  private var stopping: EarlyStopping
  /// Copies of ``changes`` that have the best figure.
  private var best: Buffer
  private var outcome = TaskOutcome()
  private var steps = 0

  /// Evaluates the parameters the task starts from: the first candidate.
  ///
  /// `attend` is called between steps and between the blocks of an evaluation: there rank 0 answers
  /// the ranks that train something else.
  init(
    _ task: TrainingTask, _ context: TrainingContext, parameters: borrowing Buffer,
    group: Communicator, observer: @escaping TrainingObserver,
    attend: @escaping () throws(MPIError) -> Void
  ) throws(TrainingError) {
    Runtime.note(task.name)
    var scorer = Scorer(context.model, group: group, shard: context.shard)
    let table = try TaskTrainer.evaluate(&scorer, task, context, parameters, attend)
    let figure = try TaskTrainer.figure(of: table, task, epoch: 0, step: 0)
    let engine = try communicating { () throws(MPIError) in
      try StepEngine(task, context, group: group)
    }
    self.task = task
    self.context = context
    self.group = group
    self.observer = observer
    self.attend = attend
    phase = context.configuration[task.phase]
    changes = context.changes(task)
    self.engine = engine
    self.scorer = scorer
    stopping = EarlyStopping(patience: phase.patience, initial: figure)
    best = Buffer(count: changes.count)
    initialTable = table
    keepBest(parameters)
  }

  /// Trains until the figures stop improving, and leaves the best parameters.
  mutating func train(_ parameters: inout Buffer) throws(TrainingError) -> TaskOutcome {
    try note(initialTable, of: parameters, epoch: 0, trainingLoss: nil, isBest: true)
    var epoch = 0
    while epoch < phase.maximumEpochs && !stopping.shouldStop {
      epoch += 1
      try train(epoch: epoch, &parameters)
    }
    try restoreBest(&parameters)
    outcome.epochs = epoch
    return outcome
  }

  private mutating func train(epoch: Int, _ parameters: inout Buffer) throws(TrainingError) {
    let rows = context.dataset.rows(of: .train)
    let plan = context.plan(task, epoch: epoch)
    let dropout = context.dropout(task, epoch: epoch)
    var losses = LossSum(shards: plan.shards, steps: plan.stepCount)
    for step in 0..<plan.stepCount {
      try take(step, epoch: epoch, of: plan, rows, &parameters, dropout)
      losses.add(engine.shardLosses, rows: plan.samples(ofStep: step).count)
      try communicating { () throws(MPIError) in try attend() }
      try observer(.stepped(progress(epoch, step: step + 1, of: plan.stepCount)))
      guard isEvaluationDue(after: step + 1, of: plan.stepCount) else { continue }
      try evaluate(parameters, epoch: epoch, losses: &losses)
      if stopping.shouldStop { return }
    }
  }

  /// Takes one step, and notes its rows and its time.
  private mutating func take(
    _ step: Int, epoch: Int, of plan: EpochPlan, _ rows: SplitRows, _ parameters: inout Buffer,
    _ dropout: DropoutMask?
  ) throws(TrainingError) {
    let began = ContinuousClock.now
    Runtime.note(step: steps + 1)
    try stepping(task, epoch: epoch, step: steps + 1) { () throws(StepError) in
      try engine.step(step, of: plan, rows: rows, parameters: &parameters, dropout: dropout)
    }
    outcome.trainingSeconds += seconds(since: began)
    outcome.samples += plan.samples(ofStep: step).count
    steps += 1
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
    let table = try TaskTrainer.evaluate(&scorer, task, context, parameters, attend)
    let figure = try TaskTrainer.figure(of: table, task, epoch: epoch, step: steps)
    let isBest = stopping.improves(figure)
    if isBest { keepBest(parameters) }
    try note(table, of: parameters, epoch: epoch, trainingLoss: loss, isBest: isBest)
  }

  private mutating func keepBest(_ parameters: borrowing Buffer) {
    changes.copy(from: parameters, to: &best)
    context.shard?.keepBest()
  }

  private mutating func restoreBest(_ parameters: inout Buffer) throws(TrainingError) {
    let node = context.sharers(task)
    // Other ranks may still read the tables that they share with this one, and read them next.
    try communicating { () throws(MPIError) in try node.barrier() }
    changes.restore(best, to: &parameters)
    context.shard?.restoreBest()
    try communicating { () throws(MPIError) in try node.barrier() }
  }

  private static func evaluate(
    _ scorer: inout Scorer, _ task: TrainingTask, _ context: TrainingContext,
    _ parameters: borrowing Buffer, _ attend: () throws(MPIError) -> Void
  ) throws(TrainingError) -> EvaluationTable {
    try communicating { () throws(MPIError) in
      try scorer.evaluate(
        context.dataset.rows(of: .validation), domains: task.domains, parameters: parameters,
        attend: attend
      ) { _ in task.mode }
    }
  }

  /// The figure that decides: the mean AUC of the table's domains, which are the task's unless others
  /// are given.
  static func figure(
    of table: EvaluationTable, _ task: TrainingTask, domains: Range<Int>? = nil, epoch: Int,
    step: Int
  ) throws(TrainingError) -> Double {
    guard table.domains.allSatisfy({ $0.rows == 0 || $0.logLoss != nil }) else {
      throw .validationNotFinite(
        phase: task.phase, expert: task.expert, epoch: epoch, step: step)
    }
    guard let figure = table.meanAUC else {
      throw .noValidationFigure(phase: task.phase, domains: domains ?? task.domains)
    }
    return figure
  }
}

// MARK: - Reporting

extension TaskTrainer {
  private mutating func note(
    _ table: EvaluationTable, of parameters: borrowing Buffer, epoch: Int, trainingLoss: Double?,
    isBest: Bool
  ) throws(TrainingError) {
    let regularisation = try communicating { () throws(MPIError) -> Double? in
      task.trainable.contains(.backbone) ? try context.regularisation(parameters) : nil
    }
    let record = EvaluationRecord(
      phase: task.phase, expert: task.expert, epoch: epoch, step: steps,
      trainingLoss: trainingLoss, regularisation: regularisation,
      validation: table, isBest: isBest,
      seconds: seconds(since: start), samplesPerSecond: outcome.samplesPerSecond)
    outcome.records.append(record)
    try observer(.evaluated(record))
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
