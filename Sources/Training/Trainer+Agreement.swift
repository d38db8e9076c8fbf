import Datasets
import Models
import MPI

extension Trainer {
  /// Throws the same error on all ranks unless all compute the same thing in the same way.
  ///
  /// It comes first: whatever else goes wrong on a rank may be because it has something else.
  static func requireAgreement(
    _ configuration: ModelConfiguration, _ training: TrainingConfiguration, _ seed: UInt64,
    _ dataset: Dataset, _ identity: RankIdentity, _ world: Communicator
  ) throws(TrainingError) {
    var agreed = training
    agreed.stallTimeoutInSeconds = 0
    let common = facts(seed, "seed") + facts(configuration, "model") + facts(agreed, "training")
    try Agreement([
      .build: identity.build, .processor: identity.processor, .configuration: common,
      .dataset: facts(dataset),
    ])
    .require(on: world)
  }
}
