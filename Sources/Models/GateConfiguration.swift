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
