public import Checkpoints
public import Training

/// The final figures of a run: the contents of `results.json`.
///
/// All but times, rates and the number of ranks is the same on any number of ranks.
public struct RunResults: Hashable, Codable, Sendable {
  /// The version of the format.
  public var schemaVersion = 1
  /// The data.
  public var dataset: DatasetSource
  /// The number of ranks that trained.
  public var ranks: Int
  /// The phases, in order.
  public var phases: [PhaseResult]
  /// The checksum of the trained parameters.
  public var parametersSHA256: String
}
