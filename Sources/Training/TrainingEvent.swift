/// Is told of a training's events; what it throws ends the training at once.
public typealias TrainingObserver = (TrainingEvent) throws(TrainingError) -> Void

/// What ranks of a node share the memory of, if they can.
public enum SharedPart: Hashable, Sendable {
  /// The tables; otherwise each rank keeps them for itself.
  case tables
  /// Gradients: those of a batch's rows, and those of dense parameters; otherwise ranks send them.
  case gradients
}

/// What a trainer reports while it works; only rank 0's reports are complete.
public enum TrainingEvent: Sendable {
  /// The training goes on from checkpoints.
  case resumed(FoundCheckpoints)
  /// A stage of the published code begins, whose start is not evaluated; what it needs has been checked.
  case stageBegan
  /// A step was taken.
  case stepped(TrainingProgress)
  /// What a checkpoint is of was copied, to be written beside the next steps; told by each rank of itself.
  case saved(CheckpointCost)
  /// The validation rows were evaluated.
  case evaluated(EvaluationRecord)
  /// An expert begins on some ranks; told by rank 0, if there are several.
  case began(ExpertAssignment)
  /// An expert has ended on its ranks; told by rank 0, if there are several.
  case ended(ExpertAssignment)
  /// All experts have ended; told if there are several ranks.
  case idled(IdleTime)
  /// The ranks of some node could not share memory, for the reason of the first of them.
  case memoryNotShared(SharedPart, reason: String)
  /// A phase has ended.
  case finished(PhaseResult)
}
