/// Which adapters act on a row: the model's mode, a value passed in rather than a flag left behind.
public enum AdapterSelection: Hashable, Sendable {
  /// None: the backbone alone.
  case none
  /// The same one for every row.
  case one(Int)
  /// The adapter whose index is the row's domain.
  case byDomain
  /// All of them, weighted by the gate.
  case mixture
}

/// Which parameters a backward pass computes gradients of.
public struct TrainableParts: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: Int

  /// Creates a set from its bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Embeddings, wide weights, tower, head.
  public static let backbone = TrainableParts(rawValue: 1)
  /// The selected adapters.
  public static let adapters = TrainableParts(rawValue: 2)
  /// The gate.
  public static let gate = TrainableParts(rawValue: 4)
}
