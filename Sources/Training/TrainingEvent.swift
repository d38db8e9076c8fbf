public import Evaluation

/// What a trainer reports while it works; only rank 0's reports are complete.
public enum TrainingEvent: Sendable {
  /// A step was taken.
  case stepped(TrainingProgress)
  /// The validation rows were evaluated.
  case evaluated(EvaluationRecord)
  /// A phase has ended.
  case finished(PhaseResult)
}

/// One evaluation in the course of training.
public struct EvaluationRecord: Hashable, Codable, Sendable {
  /// The phase.
  public var phase: TrainingPhase
  /// The expert, in the phase of experts.
  public var expert: Int?
  /// The epoch, from 1; 0 for the parameters that training starts from.
  public var epoch: Int
  /// The steps taken in all epochs.
  public var step: Int
  /// The mean cross-entropy of the rows trained since the last evaluation; `nil` at the start.
  public var trainingLoss: Double?
  /// The figures of the validation rows.
  public var validation: EvaluationTable
  /// Whether they are the best so far.
  public var isBest: Bool
  /// The seconds since the phase or expert began.
  public var seconds: Double
  /// The rows trained per second since the last evaluation; zero at the start.
  public var samplesPerSecond: Double
}

/// What came of a phase.
public struct PhaseResult: Hashable, Codable, Sendable {
  /// The phase.
  public var phase: TrainingPhase
  /// The seconds it took, evaluation included.
  public var seconds: Double
  /// The epochs begun, of all experts together.
  public var epochs: Int
  /// The rows trained per second of training, evaluation not included.
  public var samplesPerSecond: Double
  /// The figures of the validation rows, with the best parameters.
  public var validation: EvaluationTable
  /// The figures of the test rows, with the best parameters.
  public var test: EvaluationTable
}
