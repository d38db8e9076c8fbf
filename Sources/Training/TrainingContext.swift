import Datasets
import Kernels
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
  /// This rank among those of the whole job.
  let rank: Int

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
    // The published code loses the marker of training on the way to its dropout.
    guard rate > 0, model.configuration.adaptation != .compat else { return nil }
    return DropoutMask(rate: rate, stream: stream(.dropout, task, epoch: epoch))
  }

  /// The random numbers of an epoch, which no other task, epoch or purpose has.
  private func stream(_ purpose: RandomPurpose, _ task: TrainingTask, epoch: Int) -> RandomStream {
    RandomStream(seed: seed, purpose: purpose)
      .derived(task.phase.index).derived(task.expert ?? 0).derived(epoch)
  }

  /// The L2 penalty, `λ Σ w²` over the tables and what else is penalised.
  ///
  /// All ranks hold the same parameters and add in the same order.
  func regularisation(_ parameters: borrowing Buffer) -> Double {
    var squares = squaredSum(parameters.span(model.ranges.tables))
    for slot in model.penalised { squares += squaredSum(parameters.span(slot)) }
    return Double(configuration.embeddingL2) * squares
  }

  /// The same with the configuration of the backbone's phase for all phases: one optimiser has one
  /// learning rate.
  var withOnePhaseConfiguration: TrainingContext {
    var configuration = configuration
    configuration.experts = configuration.backbone
    configuration.gate = configuration.backbone
    return TrainingContext(
      model: model, configuration: configuration, seed: seed, dataset: dataset, rank: rank)
  }
}
