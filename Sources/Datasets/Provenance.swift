/// Where a dataset comes from: enough to make the same one again.
public struct Provenance: Hashable, Codable, Sendable {
  /// A file the dataset was made from.
  public struct Source: Hashable, Codable, Sendable {
    /// The file's name, without its folder.
    public var name: String
    /// The file's size.
    public var sizeInBytes: Int
    /// The SHA-256 of the file's bytes, in hexadecimal.
    public var sha256: String

    /// Creates a record.
    public init(name: String, sizeInBytes: Int, sha256: String) {
      self.name = name
      self.sizeInBytes = sizeInBytes
      self.sha256 = sha256
    }
  }

  /// The files it was made from; empty for synthetic data.
  public var sources: [Source]
  /// How rows were shared out to training, validation and test.
  public var splitRule: String
  /// The seed of the split, and of synthetic data; `nil` if the source was split already.
  public var seed: UInt64?
  /// What synthetic data was generated from; `nil` for other data.
  public var synthesis: SyntheticConfiguration?

  /// Creates a record.
  public init(
    sources: [Source], splitRule: String, seed: UInt64?, synthesis: SyntheticConfiguration? = nil
  ) {
    self.sources = sources
    self.splitRule = splitRule
    self.seed = seed
    self.synthesis = synthesis
  }
}
