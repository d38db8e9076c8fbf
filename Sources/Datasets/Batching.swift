/// How batches are drawn.
public enum Batching: String, CaseIterable, Codable, Sendable {
  /// Rows of all domains in one random order.
  case mixed
  /// Each batch from one domain, domains in a random order of batches.
  case perDomain
}
