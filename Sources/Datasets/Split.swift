/// What rows are used for.
public enum Split: String, CaseIterable, Codable, Sendable {
  /// Parameters are fitted to these rows.
  case train
  /// Training is stopped by these rows.
  case validation
  /// The final figures come from these rows.
  case test
}
