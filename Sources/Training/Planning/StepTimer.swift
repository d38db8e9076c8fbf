import Datasets
import Kernels
import MPI

/// Takes steps of a task, and times each of them.
///
/// A class, because a timer that may not be there is used many times: an optional of a noncopyable value is
/// consumed by its first use in a local variable (Swift 6.3).
final class StepTimer {
  /// A typical step.
  struct Step {
    /// The seconds that a twentieth of the steps of so many rows do not exceed: what else the machine
    /// does makes steps longer, never shorter.
    var seconds: Double
    /// The median of the rows of all steps.
    var rows: Double
  }

  private let task: TrainingTask
  private let context: TrainingContext
  private var parameters: Buffer
  private var engine: StepEngine
  private var epoch = 0
  private var seconds: [Double] = []
  private var rows: [Int] = []

  init(
    _ task: TrainingTask, _ context: TrainingContext, group: Communicator
  ) throws(TrainingError) {
    var context = context
    let parameters = try context.makeParameters(group)
    let made = context
    let engine = try communicating { () throws(MPIError) in
      try StepEngine(task, made, group: group)
    }
    self.task = task
    self.context = context
    self.engine = engine
    self.parameters = parameters.take()
  }

  /// Takes a few steps that do not count: they make memory and processor ready.
  func warmUp() throws(TrainingError) {
    try run(3)
    seconds.removeAll()
    rows.removeAll()
  }

  /// Takes steps, of as many epochs as it needs.
  func run(_ count: Int) throws(TrainingError) {
    Runtime.note(task.name)
    var left = count
    while left > 0 {
      epoch += 1
      let plan = context.plan(task, epoch: epoch)
      guard plan.stepCount > 0 else { return }
      for step in 0..<min(plan.stepCount, left) { try take(step, of: plan) }
      left -= plan.stepCount
    }
  }

  private func take(_ step: Int, of plan: EpochPlan) throws(TrainingError) {
    let dropout = context.dropout(task, epoch: epoch)
    let start = ContinuousClock.now
    Runtime.note(step: step + 1)
    try stepping(task, epoch: epoch, step: step + 1) { () throws(StepError) in
      try engine.step(
        step, of: plan, rows: context.dataset.rows(of: .train), parameters: &parameters,
        dropout: dropout)
    }
    seconds.append(Training.seconds(since: start))
    rows.append(plan.samples(ofStep: step).count)
  }

  /// What the steps were like; zero if there were none.
  var step: Step {
    guard !seconds.isEmpty else { return Step(seconds: 0, rows: 0) }
    let typical = rows.sorted()[rows.count / 2]
    let times = zip(rows, seconds).filter { $0.0 == typical }.map(\.1).sorted()
    return Step(seconds: times[times.count / 20], rows: Double(typical))
  }
}
