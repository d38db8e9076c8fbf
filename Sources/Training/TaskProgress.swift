import MPI

/// How far a task has come, between two steps: what its rest depends on beside the parameters, the best of them
/// and the optimiser's moments.
struct TaskProgress {
  /// The epoch that is being trained, from 1.
  var epoch = 1
  /// The steps of this epoch that have been taken.
  var step = 0
  /// The steps of all epochs that have been taken.
  var steps = 0
  /// The steps that the optimiser had taken before, in earlier stages of the published code.
  private(set) var stepsBefore = 0
  /// The best figure, and how many evaluations have brought none better.
  var stopping: EarlyStopping
  /// What has come of the task.
  var outcome = TaskOutcome()
  /// The losses since the last evaluation.
  var losses: LossSum
  private let start = ContinuousClock.now
  /// The seconds that it had taken when it was interrupted.
  private let secondsBefore: Double

  /// A task that has not begun.
  init(patience: Int, shards: Int) {
    stopping = EarlyStopping(patience: patience)
    losses = LossSum(shards: shards)
    secondsBefore = 0
  }

  /// The stage of the published code after another one, whose optimiser and best figure it takes over.
  init(after last: TaskProgress, shards: Int) {
    stopping = last.stopping.begunAnew
    losses = LossSum(shards: shards)
    stepsBefore = last.optimizerSteps
    secondsBefore = 0
  }

  /// Goes on from a checkpoint.
  init(_ manifest: TaskManifest, patience: Int, shards: Int) {
    let state = manifest.state
    epoch = manifest.checkpoint.epoch
    step = manifest.checkpoint.step
    steps = state.steps
    stepsBefore = state.stepsBefore
    stopping = state.stopping
    stopping.patience = patience
    outcome = state.outcome
    losses = LossSum(shards: shards, state.losses)
    secondsBefore = state.seconds
  }

  /// The steps that the optimiser has taken: Adam's `t`.
  var optimizerSteps: Int { stepsBefore + steps }

  /// The seconds since the task began, those in which nobody trained it left out.
  var seconds: Double { secondsBefore + Training.seconds(since: start) }
}

extension TaskProgress {
  /// The state to go on from, the same on any number of ranks; all ranks of the group call it.
  mutating func state(over group: Communicator) throws(MPIError) -> TaskState {
    TaskState(
      steps: steps, stepsBefore: stepsBefore, stopping: stopping, outcome: outcome,
      losses: try losses.state(over: group), seconds: seconds)
  }
}
