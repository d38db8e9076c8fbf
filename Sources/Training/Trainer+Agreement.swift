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
    try Agreement { subject in
      switch subject {
      case .build: identity.build
      case .processor: identity.processor
      case .configuration:
        common
      case .dataset:
        ["fingerprint \(dataset.fingerprint) of \(dataset.description.name)"]
      }
    }
    .require(on: world)
  }
}
