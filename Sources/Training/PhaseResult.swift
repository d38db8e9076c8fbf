public import Evaluation

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
