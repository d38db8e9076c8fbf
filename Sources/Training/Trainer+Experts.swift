import Datasets
import Kernels
import Models
import MPI

extension Trainer {
  /// Trains every expert on one of the groups of ranks, then hands parameters and outcomes to all.
  mutating func trainExperts(
    observer: @escaping TrainingObserver
  ) throws(TrainingError) -> TaskOutcome {
    let tasks = model.ranges.adapters.indices.map { TrainingTask.expert($0, model) }
    let desk = try desk(for: tasks)
    let outcomes = try trainOwn(tasks, desk, observer: observer)
    let owners = try communicating { () throws(MPIError) in try desk.owners() }
    var total = TaskOutcome()
    var secondsOfRanks = [Double](repeating: 0, count: world.size)
    for (expert, task) in tasks.enumerated() {
      let outcome = try publish(outcomes[expert], of: task, from: owners[expert])
      for record in outcome.records { try observer(.evaluated(record)) }
      total.epochs += outcome.epochs
      total.samples += outcome.samples
      total.records += outcome.records
      secondsOfRanks[owners[expert]] += outcome.trainingSeconds
    }
    // Experts train side by side: together they take as long as the busiest group.
    total.trainingSeconds = secondsOfRanks.max() ?? 0
    return total
  }

  /// Where the ranks ask for the experts.
  private func desk(for tasks: [TrainingTask]) throws(TrainingError) -> ExpertDesk {
    let rows = context.dataset.rows(of: .train)
    let counts = tasks.map { task in
      // What is only restored takes no time.
      isFinished(task) ? 0 : task.domains.reduce(0) { $0 + rows.samples(ofDomain: $1).count }
    }
    let world = world
    return try communicating { () throws(MPIError) in
      try ExpertDesk(rows: counts, world: world)
    }
  }

  /// Trains the experts that this rank's group gets; returns the outcomes of these, by expert.
  private mutating func trainOwn(
    _ tasks: [TrainingTask], _ desk: ExpertDesk, observer: @escaping TrainingObserver
  ) throws(TrainingError) -> [TaskOutcome?] {
    let start = ContinuousClock.now
    var busySeconds = 0.0
    var isStopped = false
    var outcomes: [TaskOutcome?] = tasks.map { _ in nil }
    var last: Int?
    while let expert = try communicating({ () throws(MPIError) in try desk.next(after: last) }) {
      let began = ContinuousClock.now
      let outcome = try trainUnlessStopped(
        tasks[expert], group: desk.group,
        observer: { event throws(TrainingError) in
          for event in desk.takeNews() { try observer(event) }
          // Evaluations are reported at the end, in the order of experts, whoever trained them.
          switch event {
          case .stepped, .saved: try observer(event)
          default: break
          }
        }, attend: { () throws(MPIError) in try desk.attend() })
      busySeconds += seconds(since: began)
      guard let outcome else {
        isStopped = true
        try communicating { () throws(MPIError) in try desk.stop() }
        break
      }
      outcomes[expert] = outcome
      last = expert
    }
    repeat {
      for event in desk.takeNews() { try observer(event) }
    } while try communicating { () throws(MPIError) in try desk.serve() }
    for event in desk.takeNews() { try observer(event) }
    try reportIdleTime(busySeconds: busySeconds, start: start, observer)
    let world = world
    // One that had no expert left may have been asked, too.
    let stops = isStopped || desk.isStopped
    guard
      try communicating({ () throws(MPIError) in try world.allReduce(stops ? 1 : 0, .max) }) == 0
    else {
      // Of an expert that has just ended, too.
      try finishCheckpoints()
      throw .stopped
    }
    return outcomes
  }

  /// Trains a task; returns `nil` if its group was asked to stop, and has written a checkpoint.
  private mutating func trainUnlessStopped(
    _ task: TrainingTask, group: Communicator, observer: @escaping TrainingObserver,
    attend: @escaping () throws(MPIError) -> Void
  ) throws(TrainingError) -> TaskOutcome? {
    do throws(TrainingError) {
      return try train(task, group: group, observer: observer, attend: attend)
    } catch .stopped {
      return nil
    } catch {
      throw error
    }
  }

  /// Waits until all ranks have no expert left, and tells how long each of them was idle.
  private func reportIdleTime(
    busySeconds: Double, start: ContinuousClock.Instant, _ observer: TrainingObserver
  ) throws(TrainingError) {
    let world = world
    guard world.size > 1 else { return }
    let busy = try communicating { () throws(MPIError) in try world.allGather(busySeconds) }
    let elapsed = max(seconds(since: start), busy.max() ?? 0)
    try observer(.idled(IdleTime(seconds: busy.map { elapsed - $0 }, elapsed: elapsed)))
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

  /// By domain: the mode in which it is served after a phase.
  ///
  /// After `experts`, a domain uses that of its experts with the best validation AUC, and the
  /// backbone if it has none.
  func servingModes(after phase: TrainingPhase, _ outcome: TaskOutcome) -> [ModelMode] {
    let domains = 0..<model.schema.domainCount
    if model.configuration.adaptation == .compat { return domains.map { _ in .gated } }
    switch phase {
    case .backbone: return domains.map { _ in TrainingTask.backbone(model).mode }
    case .experts:
      return domains.map { bestExpert(of: $0, outcome).map(ModelMode.expert) ?? .backbone }
    case .gate: return domains.map { _ in .gated }
    }
  }

  /// The expert of a domain with the best validation AUC, the lowest of equal ones; `nil` if the
  /// domain has none.
  private func bestExpert(of domain: Int, _ outcome: TaskOutcome) -> Int? {
    var best: (expert: Int, figure: Double)?
    for record in outcome.records {
      guard let expert = record.expert, expert % model.schema.domainCount == domain,
        let figure = record.validation.meanAUC, figure > best?.figure ?? -1
      else { continue }
      best = (expert, figure)
    }
    return best?.expert
  }
}
