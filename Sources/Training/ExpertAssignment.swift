/// Which ranks train an expert.
public struct ExpertAssignment: Hashable, Sendable {
  /// The expert.
  public var expert: TrainingProgress.Expert
  /// The ranks that train it together.
  public var ranks: Range<Int>

  /// Names an expert and its ranks.
  public init(expert: TrainingProgress.Expert, ranks: Range<Int>) {
    self.expert = expert
    self.ranks = ranks
  }
}
