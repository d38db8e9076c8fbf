public import Evaluation

/// One evaluation in the course of training.
public struct EvaluationRecord: Hashable, Codable, Sendable {
  /// The phase.
  public var phase: TrainingPhase
  /// The expert, in the phase of experts.
  public var expert: Int?
  /// The epoch, from 1; 0 for the parameters that training starts from, which the stages of
  /// ``Models/Adaptation/compat`` do not evaluate.
  public var epoch: Int
  /// The steps taken in all epochs.
  public var step: Int
  /// The mean cross-entropy of the rows trained since the last evaluation; `nil` at the start.
  public var trainingLoss: Double?
  /// The L2 penalty, `λ Σ w²` over all embedding and wide weights and the cross kernels of DCN, at the time
  /// of the evaluation; `nil` in phases that do not train them.
  ///
  /// It is what a step adds to its loss with ``TableUpdates/dense``. With ``TableUpdates/rowWise`` a
  /// step penalises only the rows that occur in it, so that it adds less.
  public var regularisation: Double?
  /// The figures of the validation rows: of the expert's domain in the phase of experts, but of all
  /// domains, and with the AUC at 500 thresholds, under ``Models/Adaptation/compat``.
  public var validation: EvaluationTable
  /// Whether they are the best so far.
  public var isBest: Bool
  /// The seconds since the phase or expert began.
  public var seconds: Double
  /// The rows trained per second so far, evaluation not included; zero at the start.
  public var samplesPerSecond: Double
}
