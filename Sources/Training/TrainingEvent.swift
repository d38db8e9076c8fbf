/// Is told of a training's events; what it throws ends the training at once.
public typealias TrainingObserver = (TrainingEvent) throws(TrainingError) -> Void

/// What a trainer reports while it works; only rank 0's reports are complete.
public enum TrainingEvent: Sendable {
  /// A step was taken.
  case stepped(TrainingProgress)
  /// The validation rows were evaluated.
  case evaluated(EvaluationRecord)
  /// A phase has ended.
  case finished(PhaseResult)
}
