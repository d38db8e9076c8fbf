/// How far a task has come, between two steps: what its rest depends on beside the parameters, the best of them
/// and the optimiser's moments.
struct TaskProgress {
  /// The epoch that the next step is of, from 1.
  var epoch = 1
  /// The steps of this epoch that have been taken.
  var step = 0
  /// The steps of all epochs that have been taken.
  var steps = 0
  /// The best figure, and how many evaluations have brought none better.
  var stopping: EarlyStopping
  /// What has come of the task.
  var outcome = TaskOutcome()
  /// The losses since the last evaluation.
  var losses: LossSum
  private let start = ContinuousClock.now
  /// The seconds that it had taken when it was interrupted.
  let secondsBefore: Double

  /// A task that has not begun, whose untrained candidate has a figure.
  init(patience: Int, initial figure: Double, shards: Int) {
    stopping = EarlyStopping(patience: patience, initial: figure)
    losses = LossSum(shards: shards)
    secondsBefore = 0
  }

  /// The seconds since the task began, those in which nobody trained it left out.
  var seconds: Double { secondsBefore + Training.seconds(since: start) }
}
