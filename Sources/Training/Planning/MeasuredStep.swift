/// A step that ranks took together, messages included.
public struct MeasuredStep: Hashable, Codable, Sendable {
  /// The seconds that it took on the slowest of the ranks.
  public var seconds: Double
  /// The ranks that took it: all, or those that train the largest expert.
  public var ranks: [Int]

  /// States what was measured.
  public init(seconds: Double, ranks: [Int]) {
    self.seconds = seconds
    self.ranks = ranks
  }
}
