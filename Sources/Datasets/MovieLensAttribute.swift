/// The user attribute that tells MovieLens domains apart.
public enum MovieLensAttribute: String, CaseIterable, Codable, Sendable {
  /// 2 domains: women and men.
  case gender
  /// 7 domains: age groups.
  case age
  /// 21 domains.
  case occupation
}
