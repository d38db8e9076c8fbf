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
