package import MPI

/// Why a step was not taken.
package enum StepError: Error, Hashable, Sendable {
  /// A rank could not reach the others.
  case communication(MPIError)
  /// A loss or a gradient is not finite.
  case notFinite(NonFiniteNumber)
}

/// Takes a step, and turns its error into one of training.
func stepping(
  _ task: TrainingTask, epoch: Int, step: Int, _ body: () throws(StepError) -> Void
) throws(TrainingError) {
  do throws(StepError) {
    try body()
  } catch {
    switch error {
    case .communication(let error): throw .communication(error)
    case .notFinite(let number):
      throw .notFinite(
        number, phase: task.phase, expert: task.expert, epoch: epoch, step: step)
    }
  }
}
