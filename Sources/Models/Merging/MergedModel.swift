public import Kernels

/// A model without parts per domain that computes what another one does for the rows of one domain.
public struct MergedModel: ~Copyable, Sendable {
  /// The model, of ``ModelConfiguration/merged``.
  public let model: Model
  /// Its parameters.
  public let parameters: Buffer
  /// The weights of the experts that are in them; empty without a gate.
  public let expertWeights: [Float]
}
