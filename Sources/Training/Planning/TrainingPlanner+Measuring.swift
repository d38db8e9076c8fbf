import Datasets
import Kernels
import Models
import MPI
import Optimizers

extension TrainingPlanner {
  /// Measures what computing takes in a phase: on each rank by itself, all at once as in a training, and
  /// the slowest counts.
  ///
  /// Steps of the whole batch, of half of its shards, and of all ranks together take turns, so that what
  /// else the machine does affects them alike.
  ///
  /// - Parameters:
  ///   - phase: the phase; one that the model has.
  ///   - steps: how many steps of each kind are timed.
  ///   - together: whether to time steps of all ranks with their messages, too.
  /// - Returns: the same on all ranks: the costs, and a step of all ranks; of experts, one of the ranks
  ///   that train the largest, while the others train theirs.
  /// - Throws: ``TrainingError`` of a step, or ``TrainingError/communication(_:)``.
  public func measure(
    _ phase: TrainingPhase, steps: Int, together: Bool
  ) throws(TrainingError) -> (cost: PhaseCost, step: MeasuredStep?) {
    let task = largestTask(of: phase)
    let half = halved(phase, rows: rowsOfStep(task))
    let whole = try StepTimer(task, context(training, task, .alone), group: .alone)
    let part = try StepTimer(task, context(half, task, .alone), group: .alone)
    let schedule = schedule(of: phase)
    let groupIndex = schedule.group(ofRank: world.rank)
    let first = firstTask(ofGroup: groupIndex, schedule, phase)
    var shared: StepTimer?
    if together {
      let group = try group(groupIndex)
      shared = try StepTimer(first, context(training, first, group), group: group)
    }
    try whole.warmUp()
    try part.warmUp()
    try shared?.warmUp()
    let rounds = 5
    for _ in 0..<rounds {
      try whole.run((steps + rounds - 1) / rounds)
      try part.run((steps + rounds - 1) / rounds)
      try shared?.run((steps + rounds - 1) / rounds)
    }
    let cost = try cost(task, whole: whole.step, part: part.step)
    guard let shared else { return (cost, nil) }
    // The first group trains the largest expert.
    return (cost, try slowest(groupIndex == 0 ? shared.step.seconds : nil))
  }
}

// MARK: - Parts

extension TrainingPlanner {
  /// The same shards of a step of so many rows, but half as many: what one of two ranks computes.
  private func halved(_ phase: TrainingPhase, rows: Int) -> TrainingConfiguration {
    var half = training
    half.shards = max(1, training.shards / 2)
    half[phase].globalBatch = max(1, rows * half.shards / training.shards)
    return half
  }

  private func context(
    _ training: TrainingConfiguration, _ task: TrainingTask, _ group: Communicator
  ) -> TrainingContext {
    guard task.trainable.contains(.backbone) else {
      return TrainingContext(
        model: measured, configuration: training, seed: seed, dataset: dataset, rank: world.rank)
    }
    return TrainingContext(
      measured, training, seed: seed, dataset: dataset, rank: world.rank, group: group)
  }

  /// Which ranks begin with which of a phase's tasks.
  private func schedule(of phase: TrainingPhase) -> ExpertSchedule {
    ExpertSchedule(rows: shape(of: phase, scale: 1).parts.map(\.rows), ranks: world.size)
  }

  /// The ranks that this one takes steps with; all ranks call it.
  private func group(_ index: Int) throws(TrainingError) -> Communicator {
    let world = world
    return try communicating { () throws(MPIError) in try world.split(color: index) }
  }

  /// The slowest of the ranks that have timed steps; `nil` is the time of one that has not.
  private func slowest(_ own: Double?) throws(TrainingError) -> MeasuredStep {
    let world = world
    let all = try communicating { () throws(MPIError) in try world.allGather(own ?? -1) }
    let ranks = all.indices.filter { all[$0] >= 0 }
    return MeasuredStep(seconds: ranks.map { all[$0] }.max() ?? 0, ranks: ranks)
  }

  /// The costs of the slowest rank, from a step of a whole batch and one of a part of its shards.
  private func cost(
    _ task: TrainingTask, whole: StepTimer.Step, part: StepTimer.Step
  ) throws(TrainingError) -> PhaseCost {
    let scoring = try scoringSeconds(task)
    let seconds = try onAllRanks([
      whole.seconds, part.seconds, additionSeconds(task), scoring.score, scoring.figures,
      tableSeconds(task, measured), tableSeconds(task, model),
    ])
    let rows = whole.rows - part.rows
    let perRow = rows > 0 ? max(0, (seconds[0] - seconds[1]) / rows) : 0
    return PhaseCost(
      secondsPerRow: perRow,
      secondsPerStep: max(0, seconds[0] - perRow * whole.rows - seconds[5]),
      secondsPerTables: seconds[6], secondsPerAddition: seconds[2],
      secondsPerScoredRow: seconds[3], secondsPerFigureRow: seconds[4])
  }

  /// The seconds of updating all rows of a model's tables: the median of some updates, of a part if the
  /// tables are large; zero if a step updates the rows of its batch alone.
  private func tableSeconds(_ task: TrainingTask, _ model: Model) -> Double {
    let all = model.ranges.tables.count
    guard task.trainable.contains(.backbone), training.tableUpdates == .dense, all > 0 else {
      return 0
    }
    // Much more than caches hold, and less than memory does.
    let count = min(all, 1 << 24)
    var parameters = Buffer(count: count)
    let gradients = Buffer(count: count)
    var adam = Adam(AdamConfiguration(), for: 0..<count)
    let times = (0..<9).map { _ in
      let start = ContinuousClock.now
      adam.beginStep()
      adam.update(0..<count, of: &parameters, gradients: gradients.span, l2: training.embeddingL2)
      return seconds(since: start)
    }
    return times.sorted()[times.count / 2] * Double(all) / Double(count)
  }

  /// The largest of each of the ranks' times.
  private func onAllRanks(_ own: [Double]) throws(TrainingError) -> [Double] {
    let world = world
    return try communicating { () throws(MPIError) in
      var largest = own
      var span = largest.mutableSpan
      try world.allReduce(&span, .max)
      return largest
    }
  }

  /// The seconds of adding two vectors of gradients: the median of some additions.
  private func additionSeconds(_ task: TrainingTask) -> Double {
    let addend = Buffer(count: task.range.count)
    var sum = Buffer(count: task.range.count)
    let times = (0..<9).map { _ in
      let start = ContinuousClock.now
      var span = sum.mutableSpan
      add(addend.span, into: &span)
      return seconds(since: start)
    }
    return times.sorted()[times.count / 2]
  }

  /// The seconds of an evaluation, by row: of scoring, and of the figures that follow.
  private func scoringSeconds(
    _ task: TrainingTask
  ) throws(TrainingError) -> (score: Double, figures: Double) {
    let rows = dataset.rows(of: .validation)
    let count = task.domains.reduce(0) { $0 + rows.samples(ofDomain: $1).count }
    let parameters = measured.initialParameters(seed: seed)
    var scorer = Scorer(measured, group: .alone)
    let start = ContinuousClock.now
    var lastScored = start
    _ = try communicating { () throws(MPIError) in
      try scorer.evaluate(
        rows, domains: task.domains, parameters: parameters,
        attend: { lastScored = .now }, mode: { _ in task.mode })
    }
    let whole = seconds(since: start)
    let figures = min(whole, seconds(since: lastScored))
    let divisor = Double(max(1, count))
    return ((whole - figures) / divisor, figures / divisor)
  }
}
