import Testing

/// A model and a way of training it, as settings of `moe-mlora train`.
struct Combination: Sendable, CustomTestStringConvertible {
  let backbone: String
  let adaptation: String
  let batching: String
  var gate = "domain"
  var updates = "dense"
  var initialisation = "random"
  var experts = "perDomain"
  var hidden = "[12, 7]"
  var tables = "replicated"

  var testDescription: String {
    "\(backbone) \(adaptation) \(batching), \(gate) gate, \(experts) experts, \(updates) updates, "
      + "\(tables) tables"
  }

  /// Everything small, three epochs, more evaluations than one, eight shards.
  var settings: [String] {
    [
      "model.backbone=\(backbone)", "model.adaptation=\(adaptation)",
      "model.gate.input=\(gate)", "model.gate.initialisation=\(initialisation)",
      "model.experts=\(experts)", "model.embeddingWidth=4", "model.hidden=\(hidden)",
      "model.adapterReduction=4", "training.batching=\(batching)",
      "training.tables=\(tables)", "training.tableUpdates=\(updates)", "training.shards=8",
      "training.globalBatch=96",
      "training.learningRate=0.02", "training.maximumEpochs=3",
      // The published code evaluates once.
      "training.evaluationsPerEpoch=\(adaptation == "compat" ? 1 : 2)",
    ]
  }

  /// Every other backbone with every adaptation, the networks with parts per domain, and what the
  /// published code trains.
  static let others: [Combination] =
    ["deepfm", "nfm", "pnn", "dcn", "autoint", "xdeepfm", "fibinet"].flatMap { backbone in
      ["none", "mlora", "moe"].map {
        Combination(backbone: backbone, adaptation: $0, batching: "mixed")
      }
    }
    + ["sharedBottom", "mmoe", "ple", "star"].map {
      Combination(backbone: $0, adaptation: "none", batching: "mixed")
    }
    + [
      Combination(backbone: "star", adaptation: "none", batching: "perDomain"),
      Combination(backbone: "wdl", adaptation: "compat", batching: "perDomain"),
      Combination(backbone: "dcn", adaptation: "compat", batching: "mixed"),
    ]

  /// Three backbones, one with penalised kernels, with every adaptation and batching; a network with
  /// statistics.
  static let onManyRanks: [Combination] =
    ["mlp", "wdl", "dcn"].flatMap { backbone in
      ["none", "mlora", "moe"].flatMap { adaptation in
        ["mixed", "perDomain"].map {
          Combination(
            backbone: backbone, adaptation: adaptation, batching: $0,
            updates: $0 == "mixed" ? "dense" : "rowWise")
        }
      }
    } + [Combination(backbone: "star", adaptation: "none", batching: "mixed")]

  /// The simple backbones with every adaptation and batching; both gates and both ways of updating
  /// tables with each of them and each batching.
  static let all: [Combination] = ["mlp", "wdl"].flatMap { backbone in
    ["mixed", "perDomain"].flatMap { batching in
      [
        Combination(backbone: backbone, adaptation: "none", batching: batching),
        Combination(
          backbone: backbone, adaptation: "mlora", batching: batching, updates: "rowWise"),
        Combination(backbone: backbone, adaptation: "moe", batching: batching),
        Combination(
          backbone: backbone, adaptation: "moe", batching: batching, gate: "features",
          updates: "rowWise", initialisation: "ownDomain",
          experts: backbone == "mlp" ? "2" : "5"),
      ]
    }
  }
}
