import Datasets
import Kernels
import Models
import MPI

extension Trainer {
  /// Trains each expert on one rank, then hands its parameters and its outcome to all.
  mutating func trainExperts(
    observer: @escaping TrainingObserver
  ) throws(TrainingError) -> TaskOutcome {
    let tasks = model.ranges.adapters.indices.map { TrainingTask.expert($0, model) }
    let rows = context.dataset.rows(of: .train)
    let counts = tasks.map { $0.domains.reduce(0) { $0 + rows.samples(ofDomain: $1).count } }
    let schedule = ExpertSchedule(rows: counts, size: world.size)
    var outcomes: [TaskOutcome?] = tasks.map { _ in nil }
    for expert in schedule.experts(ofRank: world.rank, rows: counts) {
      outcomes[expert] = try train(tasks[expert], group: .alone) { event throws(TrainingError) in
        // Evaluations are reported below, in the order of experts, whoever trained them.
        if case .stepped = event { try observer(event) }
      }
    }
    var total = TaskOutcome()
    var secondsOfRanks = [Double](repeating: 0, count: world.size)
    for (expert, task) in tasks.enumerated() {
      let outcome = try publish(outcomes[expert], of: task, from: schedule.owners[expert])
      for record in outcome.records { try observer(.evaluated(record)) }
      total.epochs += outcome.epochs
      total.samples += outcome.samples
      total.records += outcome.records
      secondsOfRanks[schedule.owners[expert]] += outcome.trainingSeconds
    }
    // Experts train side by side: together they take as long as the busiest rank.
    total.trainingSeconds = secondsOfRanks.max() ?? 0
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
