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
