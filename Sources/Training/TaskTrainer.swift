import Checkpoints
import Datasets
import Evaluation
import Kernels
import Models
import MPI

/// Trains one task to its end: epochs, evaluations, early stopping, the best parameters restored.
///
/// It also trains the stages of the published code, one after another, as that does: by other ``SelectionRules``, and
/// with one optimiser state and one best figure for all.
struct TaskTrainer: ~Copyable {
  private var task: TrainingTask
  private let context: TrainingContext
  private let group: Communicator
  private let observer: TrainingObserver
  /// Called between steps and between the blocks of an evaluation.
  private let attend: () throws(MPIError) -> Void
  /// The parameters that training may change and that are this rank's to keep.
  private let changes: ParameterRanges
  /// `nil` if none are written.
  private var checkpoints: TaskCheckpoints?
  private var engine: StepEngine
  private var scorer: Scorer
  /// Copies of ``changes`` that have the best figure.
  private var best: Buffer
  private var progress: TaskProgress

  /// Allocates what training takes; all ranks of the group call it.
  ///
  /// `attend` is called between steps and between the blocks of an evaluation: there rank 0 answers
  /// the ranks that train something else.
  init(
    _ task: TrainingTask, _ context: TrainingContext, group: Communicator,
    checkpoints: TaskCheckpoints? = nil, observer: @escaping TrainingObserver,
    attend: @escaping () throws(MPIError) -> Void = {}
  ) throws(TrainingError) {
    Runtime.note(task.name)
    let engine = try communicating { () throws(MPIError) in
      try StepEngine(task, context, group: group)
    }
    self.task = task
    self.context = context
    self.group = group
    self.observer = observer
    self.attend = attend
    self.checkpoints = checkpoints
    self.engine = engine
    changes = context.changes(task)
    best = Buffer(count: changes.count)
    scorer = Scorer(
      context.model, group: group, figures: task.rules.figures,
      shard: context.shard)
    progress = TaskProgress(
      patience: context.configuration[task.phase].patience, shards: context.configuration.shards)
  }

  /// Turns to the next stage of the published code, with the optimiser and the best parameters of those before.
  mutating func goOn(with stage: TrainingTask, _ checkpoints: TaskCheckpoints?) {
    task = stage
    self.checkpoints = checkpoints
    progress = TaskProgress(after: progress, shards: context.configuration.shards)
    // What was asked for in the last stage's last step, that stage's end has brought.
    engine.requests.checkpoint = false
  }

  /// Trains until the figures stop improving, and leaves the parameters that the task's rules want.
  mutating func train(_ parameters: inout Buffer) throws(TrainingError) -> TaskOutcome {
    Runtime.note(task.name)
    if task.trainable.contains(.backbone), let reason = try commonReason(engine.refusal, group) {
      try observer(.memoryNotShared(.gradients, reason: reason))
    }
    try begin(&parameters)
    checkpoints?.prepare()
    guard checkpoints?.found?.progress != .finished else { return progress.outcome }
    while progress.epoch <= phase.maximumEpochs && !progress.stopping.shouldStop {
      try trainEpoch(&parameters)
    }
    try end(&parameters)
    return progress.outcome
  }

  private var phase: PhaseConfiguration { context.configuration[task.phase] }

  /// Evaluates the parameters the task starts from, the first candidate, or goes on from a checkpoint.
  private mutating func begin(_ parameters: inout Buffer) throws(TrainingError) {
    guard let checkpoints, let found = checkpoints.found else {
      guard !task.rules.hasFirstCandidate else {
        _ = try evaluate(parameters, trainingLoss: nil)
        return
      }
      try observer(.stageBegan)
      // Without a step no rank waits for the first one, which may just have made what all write to.
      let group = group
      try communicating { () throws(MPIError) in try group.barrier() }
      // No candidate: any figure is better. But where no epoch is trained, these are the best.
      if progress.stopping.best == nil { keepBest(parameters) }
      return
    }
    let manifest = try checkpoints.manifest(of: found)
    try checkpoints.restore(
      found, manifest, parameters: &parameters, best: &best, engine: &engine)
    let sharers = context.sharers(task)
    // No rank reads rows that another one has yet to restore.
    try communicating { () throws(MPIError) in try sharers.barrier() }
    progress = TaskProgress(
      manifest, patience: phase.patience, shards: context.configuration.shards)
    for record in progress.outcome.records { try observer(.evaluated(record)) }
  }

  private mutating func end(_ parameters: inout Buffer) throws(TrainingError) {
    if task.rules.leavesBest { try restoreBest(&parameters) }
    guard let checkpoints, checkpoints.areWritten else { return }
    if task.rules.leavesBest {
      let state = try state()
      try checkpoints.saveEnd(progress, state, parameters: parameters)
    } else {
      // The next stage depends on all of it.
      try save(to: checkpoints, .finished, nextSample: 0, parameters)
    }
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
      if isEvaluationDue(after: progress.step, of: plan.stepCount) {
        let group = group
        let loss = try communicating { () throws(MPIError) in
          try progress.losses.mean(over: group)
        }
        let isBest = try evaluate(parameters, trainingLoss: loss)
        if task.rules.goesBack, !isBest, !progress.stopping.shouldStop {
          try restoreBest(&parameters)
        }
      }
      try saveIfDue(parameters, plan)
    }
    progress.epoch += 1
    progress.step = 0
  }

  /// Has a checkpoint written if it is time, which all ranks know after the same step.
  private mutating func saveIfDue(
    _ parameters: borrowing Buffer, _ plan: EpochPlan
  ) throws(TrainingError) {
    guard let checkpoints, checkpoints.areWritten, !progress.stopping.shouldStop else { return }
    try checkpoints.check()
    let requests = engine.commonRequests
    if checkpoints.isDue(after: progress.steps) || requests.checkpoint || requests.stop {
      try save(
        to: checkpoints, .steps(progress.steps),
        nextSample: plan.firstSample(ofStep: progress.step), parameters)
    }
    if requests.stop {
      try checkpoints.stop()
      throw .stopped
    }
    engine.requests.checkpoint = checkpoints.isTimeUp
    engine.requests.stop = StopRequest.isAsked
  }

  private mutating func save(
    to checkpoints: TaskCheckpoints, _ mark: CheckpointName.Progress, nextSample: Int,
    _ parameters: borrowing Buffer
  ) throws(TrainingError) {
    let began = ContinuousClock.now
    try communicating { () throws(MPIError) in try engine.gatherMoments() }
    let state = try state()
    let cost = try checkpoints.save(
      CheckpointName(task.fileName, mark), progress, state, nextSample: nextSample,
      parameters: parameters, best: best, engine: engine, since: began)
    // The waits of steps are reported, not those of a task's end.
    if mark != .finished { try observer(.saved(cost)) }
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

  /// Evaluates the parameters, and keeps them if their figure is the best so far; returns whether it is.
  private mutating func evaluate(
    _ parameters: borrowing Buffer, trainingLoss: Double?
  ) throws(TrainingError) -> Bool {
    let (mode, attend) = (task.mode, attend)
    let table = try communicating { () throws(MPIError) in
      try scorer.evaluate(
        context.dataset.rows(of: .validation), domains: task.evaluatedDomains(context.model),
        parameters: parameters, attend: attend
      ) { _ in mode }
    }
    let isBest = progress.stopping.improves(try figure(of: table))
    if isBest { keepBest(parameters) }
    try note(table, of: parameters, trainingLoss: trainingLoss, isBest: isBest)
    return isBest
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

  /// Exchanges the best parameters with those of training; stages share no memory with other ranks.
  mutating func exchangeBest(with parameters: inout Buffer) {
    changes.exchange(&best, with: &parameters)
  }

  /// The figure that decides: the mean AUC of the table's domains.
  private func figure(of table: EvaluationTable) throws(TrainingError) -> Double {
    guard table.domains.allSatisfy({ $0.rows == 0 || $0.logLoss != nil }) else {
      throw .validationNotFinite(
        phase: task.phase, expert: task.expert, epoch: progress.outcome.epochs,
        step: progress.steps)
    }
    guard let figure = table.meanAUC else {
      throw .noValidationFigure(
        phase: task.phase, domains: task.evaluatedDomains(context.model))
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
