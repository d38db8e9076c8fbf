/// Which parameters a backward pass computes gradients of.
public struct TrainableParts: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: Int

  /// Creates a set from its bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Embeddings, wide weights, interactions, tower, head.
  public static let backbone = TrainableParts(rawValue: 1)
  /// The selected adapters.
  public static let adapters = TrainableParts(rawValue: 2)
  /// The gate.
  public static let gate = TrainableParts(rawValue: 4)
}
