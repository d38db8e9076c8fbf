import Checkpoints

/// Runs calls that read or remove checkpoints and turns a refusal into this module's error.
func readingCheckpoints<Result>(
  _ body: () throws(CheckpointError) -> Result
) throws(TrainingError) -> Result {
  do {
    return try body()
  } catch {
    throw .checkpoint(error)
  }
}
