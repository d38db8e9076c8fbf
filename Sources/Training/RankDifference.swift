/// What some ranks of a job have otherwise than the others.
public struct RankDifference: Hashable, Sendable {
  /// A rank and the machine it runs on.
  public struct Place: Hashable, Sendable {
    /// The rank.
    public var rank: Int
    /// The machine's name.
    public var host: String

    /// Names a rank.
    public init(rank: Int, host: String) {
      self.rank = rank
      self.host = host
    }
  }

  /// What differs: the command, the build, the processor, the configuration, the checkpoint or the
  /// dataset.
  public var subject: String
  /// The ranks that are fewer, at least one.
  public var ranks: [Place]
  /// The first of the ranks that are more, or of rank 0's where neither are.
  public var reference: Place
  /// The first fact that differs, as the reference has it.
  public var expected: String
  /// That fact as the first of the ranks that differ has it.
  public var found: String
  /// What makes ranks agree.
  public var remedy: String
}

extension RankDifference: CustomStringConvertible {
  /// One line.
  public var description: String {
    let named = ranks.prefix(4).map(\.description).joined(separator: ", ")
    let more = ranks.count > 4 ? " and \(ranks.count - 4) more" : ""
    return """
      \(named)\(more) \(ranks.count == 1 ? "has" : "have") another \(subject) than \(reference): \
      expected \(expected), found \(found); \(remedy)
      """
  }
}

extension RankDifference.Place: CustomStringConvertible {
  /// The rank and its machine.
  public var description: String { "rank \(rank) (\(host))" }
}
