/// What the gate looks at.
public enum GateInput: String, CaseIterable, Codable, Sendable {
  /// The domain id, as in the reference: a learned table of mixtures.
  case domain
  /// The concatenated embeddings of the sample, plus a table of the domain.
  case features
}

/// Where the gate starts.
public enum GateInitialisation: String, CaseIterable, Codable, Sendable {
  /// Random, as in the reference: close to the uniform mixture.
  case random
  /// Choosing the domain's own experts, which hold ``GateConfiguration/ownDomainShare`` together.
  case ownDomain
}

/// The gate that mixes experts.
public struct GateConfiguration: Hashable, Codable, Sendable {
  /// What the gate looks at.
  public var input = GateInput.domain
  /// Where the gate starts.
  public var initialisation = GateInitialisation.random
  /// The weight the domain's own experts start with under ``GateInitialisation/ownDomain``.
  public static let ownDomainShare = 0.95

  /// The defaults.
  public init() {}
}
