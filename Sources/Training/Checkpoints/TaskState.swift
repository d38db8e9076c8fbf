/// What the rest of a task depends on beside tensors: the part of a checkpoint that its manifest has.
struct TaskState: Hashable, Codable, Sendable {
  /// The steps of all epochs that have been taken.
  var steps: Int
  /// The steps of earlier stages of the published code, whose optimiser goes on; 0 otherwise.
  var stepsBefore: Int
  /// The best figure, and how many evaluations have brought none better.
  var stopping: EarlyStopping
  /// What has come of the task.
  var outcome: TaskOutcome
  /// The losses since the last evaluation.
  var losses: LossSum.State
  /// The seconds since the task began, those in which nobody trained it left out.
  var seconds: Double

  /// The steps that the optimiser has taken: Adam's `t`.
  var optimizerSteps: Int { stepsBefore + steps }
}
