/// Where the gate starts.
public enum GateInitialisation: String, CaseIterable, Codable, Sendable {
  /// Random, as in the reference: close to the uniform mixture.
  case random
  /// Choosing the domain's own experts, which hold ``GateConfiguration/ownDomainShare`` together.
  case ownDomain
}
