public import Datasets

/// How one phase is trained.
public struct PhaseConfiguration: Hashable, Codable, Sendable {
  /// The rows of one optimiser step, over all ranks, `B`.
  public var globalBatch = 1024
  /// Adam's learning rate.
  public var learningRate: Float = 1e-3
  /// The most epochs trained; zero leaves the phase's parameters as they are.
  public var maximumEpochs = 50
  /// Evaluations on the validation rows per epoch, evenly spaced.
  public var evaluationsPerEpoch = 1
  /// Evaluations without a new best after which the phase ends.
  public var patience = 3

  /// The defaults.
  public init() {}
}

/// Which rows of an embedding table an optimiser step updates.
public enum TableUpdates: String, CaseIterable, Codable, Sendable {
  /// Every row, as the reference does: moments decay and regularisation acts everywhere.
  case dense
  /// Only rows that occur in the step (“lazy” Adam).
  case rowWise
}

/// How a model is trained.
public struct TrainingConfiguration: Hashable, Codable, Sendable {
  /// The fixed number of shards, `S`, every global batch is cut into; the most ranks a phase can use.
  public var shards = 8
  /// How batches are drawn.
  public var batching = Batching.mixed
  /// The factor of the squared embedding and wide weights in the loss.
  public var embeddingL2: Float = 1e-5
  /// Which table rows a step updates.
  public var tableUpdates = TableUpdates.dense
  /// The backbone phase (and the only phase of `none` and `mlora`).
  public var backbone = PhaseConfiguration()
  /// The phase that trains experts one by one.
  public var experts = PhaseConfiguration()
  /// The phase that trains the gate.
  public var gate = PhaseConfiguration()

  /// The defaults.
  public init() {}
}
