/// Which ranks hold the embedding and wide tables while they are trained.
public enum TablePlacement: String, CaseIterable, Codable, Sendable {
  /// Every node holds all rows, once for its ranks where these can share memory.
  case replicated
  /// Each rank holds the rows it owns, row modulo ranks, and looks others up.
  case sharded
}
