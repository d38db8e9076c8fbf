import Datasets
import Kernels
import MPI
import Models
import Training

/// A run of a small model over small data, by one rank.
struct TinyRun {
  var model = ModelConfiguration()
  var training = TrainingConfiguration()
  var seed: UInt64 = 3

  /// Backbones for whatever does not differ between them: without and with a wide part, and with
  /// penalised weights.
  static let backbones: [BackboneKind] = [.mlp, .wdl, .dcn]

  /// What is trained in phases; `compat` has stages and tests of its own.
  static let adaptations: [Adaptation] = [.none, .mlora, .moe]

  /// A run of a backbone and an adaptation with three experts or domains.
  init(_ backbone: BackboneKind = .wdl, _ adaptation: Adaptation = .moe) {
    model.backbone = backbone
    model.adaptation = adaptation
    model.embeddingWidth = 4
    model.hidden = [8, 6]
    model.adapterReduction = 2
    model.dropout = 0.2
    training.shards = 4
    for phase in TrainingPhase.allCases {
      training[phase].globalBatch = 48
      training[phase].learningRate = 0.02
      training[phase].maximumEpochs = 3
    }
  }

  /// The same run with no epochs after a phase.
  func ending(with last: TrainingPhase) -> TinyRun {
    var run = self
    for phase in TrainingPhase.allCases.drop(while: { $0 != last }).dropFirst() {
      run.training[phase].maximumEpochs = 0
    }
    return run
  }

  /// A trainer that has not begun.
  func trainer(_ data: TinyData) throws(TrainingError) -> Trainer {
    useOneThread()
    return try Trainer(
      model, training: training, seed: seed, dataset: data.dataset, world: .alone,
      identity: RankIdentity(build: [], processor: []))
  }
}
