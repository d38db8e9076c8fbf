internal import ArgumentParser
internal import Checkpoints
internal import Datasets
internal import Experiments
internal import Training

/// What the process tells the shell; the same on every rank.
enum ExitStatus: Int32 {
  /// The command has done what it was asked for.
  case success = 0
  /// The command failed, though nothing was wrong with what it was given.
  case failure = 1
  /// The arguments, or something that they name, cannot be used.
  case badInput = 2
  /// Ranks waited for one another for too long; another attempt may succeed (`EX_TEMPFAIL`).
  case stalled = 75

  /// The status of a command that ended with an error, which may be a request for help.
  init(_ error: any Error) {
    switch error {
    case is UsageError: self = .badInput
    case let error as DatasetError: self = error.isBadInput ? .badInput : .failure
    case let error as CheckpointError: self = error.isBadInput ? .badInput : .failure
    case let error as TrainingError: self = error.isBadInput ? .badInput : .failure
    case let error as ExperimentError: self = error.isBadInput ? .badInput : .failure
    default:
      switch MoEMLoRA.exitCode(for: error) {
      case .success: self = .success
      case .validationFailure: self = .badInput
      default: self = .failure
      }
    }
  }
}
