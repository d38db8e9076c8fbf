/// How long ranks had no expert to train, because none was left or because rank 0 had not answered.
///
/// A rank that waits for others of its group within a step is not idle.
public struct IdleTime: Hashable, Sendable {
  /// By rank: the seconds without an expert.
  public var seconds: [Double]
  /// The seconds from the first expert's beginning to the last one's end.
  public var elapsed: Double

  /// Notes the times of all ranks, at least one.
  public init(seconds: [Double], elapsed: Double) {
    precondition(!seconds.isEmpty, "the times of no ranks")
    self.seconds = seconds
    self.elapsed = elapsed
  }

  /// The part of all ranks' time, from 0 to 1.
  public var share: Double {
    elapsed > 0 ? seconds.reduce(0, +) / (elapsed * Double(seconds.count)) : 0
  }

  /// The rank that was idle longest, the first of equal ones.
  public var longest: (rank: Int, seconds: Double) {
    let longest = seconds.reduce(0, max)
    return (seconds.firstIndex(of: longest) ?? 0, longest)
  }
}
