import Datasets
import Models

/// What training a task needs, whichever task it is.
struct TrainingContext {
  /// The model.
  let model: Model
  /// How it is trained.
  let configuration: TrainingConfiguration
  /// What all random numbers derive from.
  let seed: UInt64
  /// The rows.
  let dataset: Dataset
}
