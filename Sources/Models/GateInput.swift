/// What the gate looks at.
public enum GateInput: String, CaseIterable, Codable, Sendable {
  /// The domain id, as in the reference: a learned table of mixtures.
  case domain
  /// The concatenated embeddings of the sample, plus a table of the domain.
  case features
}
