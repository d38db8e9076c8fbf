import Datasets
import Kernels
import Models

/// What training a task needs, whichever task it is.
struct TrainingContext {
  let model: Model
  let configuration: TrainingConfiguration
  let seed: UInt64
  let dataset: Dataset

  /// The order of an epoch's rows; epochs count from 1.
  func plan(_ task: TrainingTask, epoch: Int) -> EpochPlan {
    EpochPlan(
      of: dataset.rows(of: .train), domains: task.domains,
      stream: stream(.shuffle, task, epoch: epoch),
      globalBatch: configuration[task.phase].globalBatch, shards: configuration.shards,
      batching: configuration.batching)
  }

  /// Which units an epoch drops; `nil` if none.
  func dropout(_ task: TrainingTask, epoch: Int) -> DropoutMask? {
    let rate = model.configuration.dropout
    guard rate > 0 else { return nil }
    return DropoutMask(rate: rate, stream: stream(.dropout, task, epoch: epoch))
  }

  private func stream(_ purpose: RandomPurpose, _ task: TrainingTask, epoch: Int) -> RandomStream {
    RandomStream(seed: seed, purpose: purpose)
      .derived(task.phase.index).derived(task.expert ?? 0).derived(epoch)
  }
}
