public import Checkpoints
public import MPI

/// Why training ended without a result.
public enum TrainingError: Error, Hashable, Sendable {
  /// There are more ranks than shards to share out.
  case tooManyRanks(Int, shards: Int)
  /// A rank has another command, build, processor, configuration, checkpoint or dataset than the others.
  case ranksDiffer(RankDifference)
  /// A model, or the training of it, is larger than possible.
  case modelTooLarge(keys: [String], expected: String, found: String)
  /// A loss or a gradient of a step is not a finite number; the step was not taken.
  case notFinite(
    NonFiniteNumber, phase: TrainingPhase, expert: Int?, epoch: Int, step: Int)
  /// A logit of a validation row is not a finite number.
  case validationNotFinite(phase: TrainingPhase, expert: Int?, epoch: Int, step: Int)
  /// The figure that ends a phase is undefined, because domains lack one of the two classes.
  case noValidationFigure(phase: TrainingPhase, domains: Range<Int>)
  /// What the caller was asked to note, or to check, failed, for a reason told in one line.
  case callerFailed(String, isBadInput: Bool)
  /// Some rank was asked to stop, and checkpoints have been written.
  case stopped
  /// A checkpoint could not be written or read.
  case checkpoint(CheckpointError)
  /// A rank could not reach the others.
  case communication(MPIError)
}

extension TrainingError: CustomStringConvertible {
  /// One line: what was done, to what, what was expected and found.
  public var description: String {
    switch self {
    case .tooManyRanks(let ranks, let shards):
      """
      \(ranks) ranks cannot share training.shards = \(shards): expected at most one rank per shard; \
      start fewer ranks or raise training.shards (which changes results)
      """
    case .ranksDiffer(let difference):
      difference.description
    case .modelTooLarge(let keys, let expected, let found):
      "\(keys.joined(separator: ", ")): expected \(expected), found \(found)"
    case .notFinite(let number, let phase, let expert, let epoch, let step):
      """
      \(phase.rawValue)\(expert.map { " \($0)" } ?? ""), epoch \(epoch), step \(step): expected finite \
      numbers, found one that is not in \(number); a smaller training.learningRate usually helps
      """
    case .validationNotFinite(let phase, let expert, let epoch, let step):
      """
      \(phase.rawValue)\(expert.map { " \($0)" } ?? ""), epoch \(epoch), step \(step): expected \
      finite logits, found one of a validation row that is not; a smaller training.learningRate \
      usually helps
      """
    case .noValidationFigure(let phase, let domains):
      """
      \(phase.rawValue): the validation rows of domains \(domains) hold one class only, so there is \
      no AUC to stop by; expected rows with label 0 and with label 1
      """
    case .callerFailed(let reason, _):
      reason
    case .stopped:
      "stopped, as was asked for"
    case .checkpoint(let error):
      error.description
    case .communication(let error):
      if case .routineFailed = error {
        """
        \(error); see what other ranks and the launcher say, and whether their machines can be reached
        """
      } else {
        error.description
      }
    }
  }
}

extension TrainingError {
  /// Whether the configuration or the data is at fault, and not the course of training.
  public var isBadInput: Bool {
    switch self {
    case .tooManyRanks, .ranksDiffer, .modelTooLarge, .noValidationFigure: true
    case .checkpoint(let error): error.isBadInput
    case .callerFailed(_, let isBadInput): isBadInput
    case .notFinite, .validationNotFinite, .stopped, .communication: false
    }
  }
}
