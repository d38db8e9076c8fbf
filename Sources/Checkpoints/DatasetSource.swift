/// The data that a run is trained on.
public struct DatasetSource: Hashable, Codable, Sendable {
  /// The dataset's name.
  public var name: String
  /// The checksum of its content.
  public var fingerprint: String
  /// The directory it was read from.
  public var directory: String

  /// Names the data.
  public init(name: String, fingerprint: String, directory: String) {
    self.name = name
    self.fingerprint = fingerprint
    self.directory = directory
  }
}
