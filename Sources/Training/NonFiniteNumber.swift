/// A number of a step that is infinite or not a number, found before the parameters were changed.
public struct NonFiniteNumber: Hashable, Sendable {
  /// The rank whose shard has it; `nil` for a parameter, which all ranks have, or a sum over shards.
  public let rank: Int?
  /// Whether it is in the sum over shards alone.
  public let isSum: Bool
  /// The domain of the row that has it, `nil` if several rows may have.
  public let domain: String?
  /// What it is part of, the first of all that are concerned: “the gradient of tower.0.weight”.
  public let place: String

  /// Describes where a number was found.
  public init(rank: Int?, isSum: Bool = false, domain: String?, place: String) {
    self.rank = rank
    self.isSum = isSum
    self.domain = domain
    self.place = place
  }
}

extension NonFiniteNumber: CustomStringConvertible {
  /// Where it is, in words.
  public var description: String {
    let rows = domain.map { ", for rows of domain \($0)" } ?? ""
    return place + (rank.map { " on rank \($0)" } ?? "")
      + (isSum ? ", in the sum over shards" : "") + rows
  }
}
