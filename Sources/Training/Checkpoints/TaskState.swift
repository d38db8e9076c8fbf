import MPI

/// What the rest of a task depends on beside tensors: the part of a checkpoint that its manifest has.
struct TaskState: Hashable, Codable, Sendable {
  /// The steps of all epochs that have been taken: Adam's `t`.
  var steps: Int
  /// The best figure, and how many evaluations have brought none better.
  var stopping: EarlyStopping
  /// What has come of the task.
  var outcome: TaskOutcome
  /// The losses since the last evaluation.
  var losses: LossSum.State
  /// The seconds since the task began, those in which nobody trained it left out.
  var seconds: Double
}

extension TaskProgress {
  /// The state to go on from, the same on any number of ranks; all ranks of the group call it.
  mutating func state(over group: Communicator) throws(MPIError) -> TaskState {
    TaskState(
      steps: steps, stopping: stopping, outcome: outcome,
      losses: try losses.state(over: group), seconds: seconds)
  }

  /// Goes on from a checkpoint.
  init(_ manifest: TaskManifest, patience: Int, shards: Int) {
    let state = manifest.state
    epoch = manifest.checkpoint.epoch
    step = manifest.checkpoint.step
    steps = state.steps
    stopping = state.stopping
    stopping.patience = patience
    outcome = state.outcome
    losses = LossSum(shards: shards, state.losses)
    secondsBefore = state.seconds
  }
}
