internal import Models
internal import Training

extension ConfigurationKey {
  /// Every key, in the order in which they are written and explained.
  ///
  /// A key that sets several others comes before them, so that applying values in this order lets a
  /// phase's own key win over the general one.
  public static let all = run + model + training + everyPhase + TrainingPhase.allCases.flatMap(keys)

  /// The key of a name, if there is one.
  public static func named(_ name: String) -> ConfigurationKey? { byName[name] }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  private static let run = [
    ConfigurationKey(
      "seed", \.seed, .wholeNumber(0...UInt64.max),
      "The seed of every random number: initial values, order of rows, dropout.")
  ]

  private static let model = [
    ConfigurationKey(
      "model.backbone", \.model.backbone, .choice,
      "The network all domains share, or one with parts per domain to compare with "
        + "(`sharedBottom`, `mmoe`, `ple`, `star`; without an adaptation). `moe-mlora models` "
        + "explains them."),
    ConfigurationKey(
      "model.adaptation", \.model.adaptation, .choice,
      "What tells domains apart: nothing, one adapter per domain trained with the backbone "
        + "(`mlora`), experts and a gate trained after it (`moe`), or what the published code of "
        + "MoE-MLoRA trains (`compat`)."),
    ConfigurationKey(
      "model.embeddingWidth", \.model.embeddingWidth, .wholeNumber(1...4096), unit: "units",
      "The width of every field's embedding."),
    ConfigurationKey(
      "model.hidden", \.model.hidden, .wholeNumbers(1...65_536, count: 1...64), unit: "units",
      "The widths of the tower's layers, from the input to the output."),
    ConfigurationKey(
      "model.dropout", \.model.dropout, .shareBelowOne, unit: "share of units",
      "The share of a layer's units that a training step leaves out."),
    ConfigurationKey(
      "model.adapterReduction", \.model.adapterReduction, .wholeNumber(1...65_536),
      "A layer's width divided by this is the rank of its adapters, at least 1."),
    ConfigurationKey(
      "model.experts", \.model.experts, .wholeNumber(1...4096, orNilAs: "perDomain"),
      "The number of experts of `moe`, of which expert i learns domain i modulo the number of "
        + "domains; of `mmoe`, and of those all domains share in `ple`, where `perDomain` means 4."),
    ConfigurationKey(
      "model.domainExperts", \.model.domainExperts, .wholeNumber(1...4096),
      "The experts of each domain in `ple`, beside the shared ones."),
    ConfigurationKey(
      "model.gate.input", \.model.gate.input, .choice,
      "What the gate looks at: the domain alone, or also the sample's embeddings."),
    ConfigurationKey(
      "model.gate.initialisation", \.model.gate.initialisation, .choice,
      "Where the gate starts: near the uniform mixture, or choosing the domain's own experts."),
  ]

  private static let training = [
    ConfigurationKey(
      "training.shards", \.training.shards, .wholeNumber(1...65_536), unit: "shards",
      "The pieces a global batch is cut into, whatever the number of ranks; at most as many ranks "
        + "can share the work. No more than the rows of `globalBatch` of every phase."),
    ConfigurationKey(
      "training.batching", \.training.batching, .choice,
      "Whether a batch mixes domains or holds the rows of one."),
    ConfigurationKey(
      "training.reduction", \.training.reduction, .choice,
      "Whether gradients are summed in the fixed tree, for the same bits on any number of ranks, or "
        + "plainly, to compare speeds."),
    ConfigurationKey(
      "training.embeddingL2", \.training.embeddingL2, .nonnegativeNumber,
      "The factor of the squared embedding and wide weights, and of the squared cross kernels of "
        + "`dcn`, in the loss."),
    ConfigurationKey(
      "training.tables", \.training.tables, .choice,
      "Whether every node holds all rows of the tables, or each rank the rows it owns (row modulo "
        + "ranks) and looks others up. Results do not depend on it.", decidesResults: false),
    ConfigurationKey(
      "training.tableUpdates", \.training.tableUpdates, .choice,
      "Whether a step updates every row of the tables, or only those that occur in it."),
    ConfigurationKey(
      "training.stallTimeout", \.training.stallTimeoutInSeconds,
      .wholeNumber(0...1_000_000), unit: "seconds",
      "How long a rank waits in one collective before it ends the job with exit code 75; 0 for "
        + "ever. Results do not depend on it.", decidesResults: false),
    ConfigurationKey(
      "training.checkpoint.everySteps", \.training.checkpoint.everySteps,
      .wholeNumber(0...1_000_000_000), unit: "steps",
      "A checkpoint is written when a phase, or an expert, has taken a multiple of so many steps; 0 for "
        + "never. Results do not depend on it.", decidesResults: false),
    ConfigurationKey(
      "training.checkpoint.everySeconds", \.training.checkpoint.everySeconds,
      .wholeNumber(0...1_000_000_000), unit: "seconds",
      "A checkpoint is written when the last one is so old; 0 for never. If this and `everySteps` are 0 none "
        + "is written at all, not even of what has ended. Results do not depend on it.",
      decidesResults: false),
    ConfigurationKey(
      "training.checkpoint.keep", \.training.checkpoint.keep, .wholeNumber(1...1_000_000),
      unit: "checkpoints",
      "How many checkpoints of a phase, or an expert, are kept while it is being trained; each has the best "
        + "parameters, too. Results do not depend on it.", decidesResults: false),
    ConfigurationKey(
      "training.checkpoint.directory", \.training.checkpoint.directory, .text(orEmptyAs: "run"),
      "The directory of the checkpoints, which all ranks reach; `run` for `checkpoints` in the run's. Results do "
        + "not depend on it.", decidesResults: false),
  ]
}
