/// Which rows of an embedding table an optimiser step updates.
public enum TableUpdates: String, CaseIterable, Codable, Sendable {
  /// Every row, as the reference does: moments decay and regularisation acts everywhere.
  case dense
  /// Only rows that occur in the step (“lazy” Adam).
  case rowWise
}
