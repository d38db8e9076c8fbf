/// What all manifests of a run say.
public struct CheckpointIdentity: Hashable, Codable, Sendable {
  /// The complete configuration: the values of all keys, as they are written.
  public var configuration: [String: String]
  /// The data.
  public var dataset: DatasetSource
  /// What it was computed with, a fact a line: the build of the program and the processor's instruction set.
  public var build: [String]

  /// States them.
  public init(configuration: [String: String], dataset: DatasetSource, build: [String]) {
    self.configuration = configuration
    self.dataset = dataset
    self.build = build
  }
}
