import MPI

/// Runs a body that communicates, and turns its error into one of training.
func communicating<Result: ~Copyable>(
  _ body: () throws(MPIError) -> Result
) throws(TrainingError) -> Result {
  do throws(MPIError) {
    return try body()
  } catch {
    throw .communication(error)
  }
}
