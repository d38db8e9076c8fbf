import Datasets
import Evaluation
import Kernels
import Models
import MPI

/// Trains stages as the published code does, to show what it trains.
///
/// One optimiser state and one best figure serve all stages; the figure is the mean over all domains
/// of the AUC at 500 thresholds; after an evaluation that is not the best, training goes on from the
/// best parameters with the moments of the failed ones, and a stage that ends leaves the failed
/// parameters to the next.
struct PublishedTrainer: ~Copyable {
  private let context: TrainingContext
  private let group: Communicator
  private let observer: TrainingObserver
  private let changes: Range<Int>
  /// When the stage began.
  private var start = ContinuousClock.now
  private var engine: StepEngine
  private var scorer: Scorer
  /// The best figure of all stages; `nil` before the first evaluation.
  private var bestFigure: Double?
  private var best: Buffer
  /// The steps of the stage.
  private var steps = 0

  init(
    _ context: TrainingContext, parameters: borrowing Buffer, group: Communicator,
    observer: @escaping TrainingObserver
  ) throws(TrainingError) {
    let task = TrainingTask.published(.backbone, context.model)
    let engine = try communicating { () throws(MPIError) in
      try StepEngine(task, context, group: group)
    }
    self.context = context
    self.group = group
    self.observer = observer
    changes = task.changes(context.model)
    self.engine = engine
    scorer = Scorer(context.model, group: group, figures: .thresholds)
    best = Buffer(count: changes.count)
    best.copy(changes, of: parameters, to: 0)
  }

  /// Exchanges the best parameters with those of training.
  mutating func exchangeBest(with parameters: inout Buffer) {
    var other = Buffer(count: changes.count)
    other.copy(changes, of: parameters, to: 0)
    parameters.copy(0..<changes.count, of: best, to: changes.lowerBound)
    best.copy(0..<changes.count, of: other, to: 0)
  }

  /// Trains one stage until its patience is used up, and leaves the last parameters.
  mutating func train(
    _ task: TrainingTask, _ parameters: inout Buffer
  ) throws(TrainingError) -> TaskOutcome {
    let phase = context.configuration[task.phase]
    var outcome = TaskOutcome()
    (start, steps) = (ContinuousClock.now, 0)
    var failures = 0
    Runtime.note(task.name)
    while outcome.epochs < phase.maximumEpochs {
      outcome.epochs += 1
      let loss = try train(task, epoch: outcome.epochs, &parameters, &outcome)
      let isBest = try evaluate(task, parameters, trainingLoss: loss, &outcome)
      failures = isBest ? 0 : failures + 1
      if failures >= phase.patience { break }
      parameters.copy(0..<changes.count, of: best, to: changes.lowerBound)
    }
    return outcome
  }

  /// Trains one epoch; returns its mean loss.
  private mutating func train(
    _ task: TrainingTask, epoch: Int, _ parameters: inout Buffer, _ outcome: inout TaskOutcome
  ) throws(TrainingError) -> Double {
    let rows = context.dataset.rows(of: .train)
    let plan = context.plan(task, epoch: epoch)
    var losses = LossSum(shards: plan.shards)
    losses.reserve(steps: plan.stepCount)
    let began = ContinuousClock.now
    for step in 0..<plan.stepCount {
      Runtime.note(step: steps + 1)
      try stepping(task, epoch: epoch, step: steps + 1) { () throws(StepError) in
        try engine.step(step, of: plan, rows: rows, parameters: &parameters, dropout: nil)
      }
      losses.add(engine.shardLosses, rows: plan.samples(ofStep: step).count)
      steps += 1
      try observer(
        .stepped(progress(task, epoch: epoch, step: step + 1, of: plan.stepCount, outcome)))
    }
    outcome.samples += plan.sampleCount
    outcome.trainingSeconds += seconds(since: began)
    return try communicating { () throws(MPIError) in try losses.mean(over: group) }
  }

  /// Evaluates all domains, whatever the stage trains; returns whether the figure is the best.
  private mutating func evaluate(
    _ task: TrainingTask, _ parameters: borrowing Buffer, trainingLoss: Double,
    _ outcome: inout TaskOutcome
  ) throws(TrainingError) -> Bool {
    let domains = 0..<context.model.schema.domainCount
    let table = try communicating { () throws(MPIError) in
      try scorer.evaluate(
        context.dataset.rows(of: .validation), domains: domains, parameters: parameters
      ) { _ in task.mode }
    }
    let figure = try TaskTrainer.figure(
      of: table, task, domains: domains, epoch: outcome.epochs, step: steps)
    let isBest = bestFigure.map { figure > $0 } ?? true
    if isBest {
      bestFigure = figure
      best.copy(changes, of: parameters, to: 0)
    }
    let regularisation = try communicating { () throws(MPIError) in
      try context.regularisation(parameters)
    }
    let record = EvaluationRecord(
      phase: task.phase, expert: task.expert, epoch: outcome.epochs, step: steps,
      trainingLoss: trainingLoss, regularisation: regularisation,
      validation: table, isBest: isBest, seconds: seconds(since: start),
      samplesPerSecond: outcome.samplesPerSecond)
    outcome.records.append(record)
    try observer(.evaluated(record))
    return isBest
  }

  private func progress(
    _ task: TrainingTask, epoch: Int, step: Int, of stepCount: Int, _ outcome: TaskOutcome
  ) -> TrainingProgress {
    TrainingProgress(
      phase: task.phase,
      expert: task.expert.map { .init(index: $0, count: context.model.ranges.adapters.count) },
      epoch: epoch - 1, maximumEpochs: context.configuration[task.phase].maximumEpochs,
      step: step, stepsPerEpoch: stepCount, samplesPerSecond: outcome.samplesPerSecond,
      validationAUC: outcome.records.last?.validation.meanAUC)
  }
}
