/// The CTR network all domains share.
public enum BackboneKind: String, CaseIterable, Codable, Sendable {
  /// The tower alone.
  case mlp
  /// Wide & Deep: the tower plus one weight per id.
  case wdl
}
