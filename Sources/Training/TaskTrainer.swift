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
  /// The figures of the parameters that the task starts from; `nil` if it goes on from a checkpoint.
  private let initialTable: EvaluationTable?
  /// `nil` if none are written.
  private let checkpoints: TaskCheckpoints?
  private var engine: StepEngine
  private var scorer: Scorer
  /// Copies of ``changes`` that have the best figure.
  private var best: Buffer
  private var progress: TaskProgress

  /// Evaluates the parameters the task starts from, the first candidate, or goes on from a checkpoint.
  ///
  /// `attend` is called between steps and between the blocks of an evaluation: there rank 0 answers
  /// the ranks that train something else.
  init(
    _ task: TrainingTask, _ context: TrainingContext, parameters: inout Buffer,
    group: Communicator, checkpoints: TaskCheckpoints?, observer: @escaping TrainingObserver,
    attend: @escaping () throws(MPIError) -> Void
  ) throws(TrainingError) {
    Runtime.note(task.name)
    let phase = context.configuration[task.phase]
    let changes = context.changes(task)
    var scorer = Scorer(context.model, group: group, shard: context.shard)
    var best = Buffer(count: changes.count)
    var engine = try communicating { () throws(MPIError) in
      try StepEngine(task, context, group: group)
    }
    let shards = context.configuration.shards
    if let checkpoints, let found = checkpoints.found {
      let manifest = try checkpoints.manifest(of: found)
      try checkpoints.restore(
        found, manifest, parameters: &parameters, best: &best, engine: &engine)
      let sharers = context.sharers(task)
      // No rank reads rows that another one has yet to restore.
      try communicating { () throws(MPIError) in try sharers.barrier() }
      progress = TaskProgress(
        manifest, patience: phase.patience, shards: shards)
      initialTable = nil
    } else {
      let table = try TaskTrainer.evaluate(&scorer, task, context, parameters, attend)
      let figure = try TaskTrainer.figure(of: table, task, epoch: 0, step: 0)
      progress = TaskProgress(patience: phase.patience, initial: figure, shards: shards)
      initialTable = table
      changes.copy(from: parameters, to: &best)
      context.shard?.keepBest()
    }
    self.task = task
    self.context = context
    self.group = group
    self.observer = observer
    self.attend = attend
    self.phase = phase
    self.changes = changes
    self.checkpoints = checkpoints
    self.engine = engine
    self.scorer = scorer
    self.best = best
  }

  /// Trains until the figures stop improving, and leaves the best parameters.
  mutating func train(_ parameters: inout Buffer) throws(TrainingError) -> TaskOutcome {
    if task.trainable.contains(.backbone), let reason = try commonReason(engine.refusal, group) {
      try observer(.memoryNotShared(.gradients, reason: reason))
    }
    if let initialTable {
      try note(initialTable, of: parameters, trainingLoss: nil, isBest: true)
    } else {
      for record in progress.outcome.records { try observer(.evaluated(record)) }
    }
    while progress.epoch <= phase.maximumEpochs && !progress.stopping.shouldStop {
      try trainEpoch(&parameters)
    }
    try restoreBest(&parameters)
    if let checkpoints {
      let state = try state()
      try checkpoints.saveEnd(progress, state, parameters: parameters)
    }
    return progress.outcome
  }

  /// Takes the steps of the epoch that are left, and begins the next one.
  private mutating func trainEpoch(_ parameters: inout Buffer) throws(TrainingError) {
    let rows = context.dataset.rows(of: .train)
    let plan = context.plan(task, epoch: progress.epoch)
    let dropout = context.dropout(task, epoch: progress.epoch)
    progress.outcome.epochs = progress.epoch
    progress.losses.reserve(steps: plan.stepCount)
    while progress.step < plan.stepCount && !progress.stopping.shouldStop {
      try takeStep(of: plan, rows, &parameters, dropout)
      try communicating { () throws(MPIError) in try attend() }
      try observer(.stepped(report(of: plan)))
      if isEvaluationDue(after: progress.step, of: plan.stepCount) { try evaluate(parameters) }
      try saveIfDue(parameters, plan)
    }
    progress.epoch += 1
    progress.step = 0
  }

  /// Has a checkpoint written if it is time, which all ranks know after the same step.
  private mutating func saveIfDue(
    _ parameters: borrowing Buffer, _ plan: EpochPlan
  ) throws(TrainingError) {
    guard let checkpoints, !progress.stopping.shouldStop else { return }
    try checkpoints.check()
    let requests = engine.commonRequests
    if checkpoints.isDue(after: progress.steps) || requests.checkpoint || requests.stop {
      let isEnd = progress.step == plan.stepCount
      let began = ContinuousClock.now
      try communicating { () throws(MPIError) in try engine.gatherMoments() }
      let state = try state()
      let cost = try checkpoints.save(
        progress, state,
        nextSample: isEnd ? plan.sampleCount : plan.samples(ofStep: progress.step).startIndex,
        parameters: parameters, best: best, engine: engine, since: began)
      try observer(.saved(cost))
    }
    if requests.stop {
      try checkpoints.finish()
      throw .stopped
    }
    engine.requests.checkpoint = checkpoints.isTimeUp
    engine.requests.stop = StopRequest.isAsked
  }

  private mutating func state() throws(TrainingError) -> TaskState {
    let group = group
    return try communicating { () throws(MPIError) in try progress.state(over: group) }
  }

  /// Takes one step, and notes its losses, its rows and its time.
  private mutating func takeStep(
    of plan: EpochPlan, _ rows: SplitRows, _ parameters: inout Buffer, _ dropout: DropoutMask?
  ) throws(TrainingError) {
    let began = ContinuousClock.now
    let (step, epoch) = (progress.step, progress.epoch)
    Runtime.note(step: progress.steps + 1)
    try stepping(task, epoch: epoch, step: progress.steps + 1) { () throws(StepError) in
      try engine.step(step, of: plan, rows: rows, parameters: &parameters, dropout: dropout)
    }
    let samples = plan.samples(ofStep: step).count
    progress.losses.add(engine.shardLosses, rows: samples)
    progress.outcome.trainingSeconds += seconds(since: began)
    progress.outcome.samples += samples
    progress.step += 1
    progress.steps += 1
  }

  /// Evaluations are evenly spaced, the last one at the end of the epoch.
  private func isEvaluationDue(after step: Int, of stepCount: Int) -> Bool {
    let perEpoch = min(phase.evaluationsPerEpoch, stepCount)
    return step * perEpoch / stepCount > (step - 1) * perEpoch / stepCount
  }

  private mutating func evaluate(_ parameters: borrowing Buffer) throws(TrainingError) {
    let group = group
    let loss = try communicating { () throws(MPIError) in try progress.losses.mean(over: group) }
    let table = try TaskTrainer.evaluate(&scorer, task, context, parameters, attend)
    let figure = try TaskTrainer.figure(
      of: table, task, epoch: progress.epoch, step: progress.steps)
    let isBest = progress.stopping.improves(figure)
    if isBest { keepBest(parameters) }
    try note(table, of: parameters, trainingLoss: loss, isBest: isBest)
  }

  private mutating func keepBest(_ parameters: borrowing Buffer) {
    changes.copy(from: parameters, to: &best)
    context.shard?.keepBest()
    checkpoints?.noteBest()
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
    _ table: EvaluationTable, of parameters: borrowing Buffer, trainingLoss: Double?, isBest: Bool
  ) throws(TrainingError) {
    let regularisation = try communicating { () throws(MPIError) -> Double? in
      task.trainable.contains(.backbone) ? try context.regularisation(parameters) : nil
    }
    let record = EvaluationRecord(
      phase: task.phase, expert: task.expert, epoch: progress.outcome.epochs,
      step: progress.steps, trainingLoss: trainingLoss, regularisation: regularisation,
      validation: table, isBest: isBest, seconds: progress.seconds,
      samplesPerSecond: progress.outcome.samplesPerSecond)
    progress.outcome.records.append(record)
    try observer(.evaluated(record))
  }

  private func report(of plan: EpochPlan) -> TrainingProgress {
    TrainingProgress(
      phase: task.phase,
      expert: task.expert.map { .init(index: $0, count: context.model.ranges.adapters.count) },
      epoch: progress.epoch - 1, maximumEpochs: phase.maximumEpochs, step: progress.step,
      stepsPerEpoch: plan.stepCount, samplesPerSecond: progress.outcome.samplesPerSecond,
      validationAUC: progress.outcome.records.last?.validation.meanAUC)
  }
}
