/// What synthetic data looks like; see ``SyntheticData`` for how it is made.
public struct SyntheticConfiguration: Hashable, Codable, Sendable {
  /// The number of domains, `D`.
  public var domains = 4
  /// The number of rows over all domains and splits.
  public var samples = 200_000
  /// The number of users over all domains.
  public var users = 2_000
  /// The number of items, which all domains share.
  public var items = 1_000

  /// The relative size of each domain; `nil` makes each domain ``sizeRatio`` times the one before.
  public var domainSizes: [Double]?
  /// The size of a domain relative to the one before it, if ``domainSizes`` is `nil`.
  public var sizeRatio = 0.6
  /// The share of positives in each domain; `nil` spaces them evenly over ``ctrRange``.
  public var domainCTRs: [Double]?
  /// The smallest and largest share of positives, if ``domainCTRs`` is `nil`.
  public var ctrRange = [0.15, 0.35]

  /// Whether every user occurs in every domain; otherwise each belongs to one.
  public var sharesUsers = false
  /// The popularity of the item at popularity rank `k`, from 1, is `k ^ -popularityExponent`.
  public var popularityExponent = 0.7
  /// The standard deviation of the logits' item term: what item popularity alone can learn.
  public var itemDeviation = 0.6
  /// The standard deviation of the logits' user term.
  public var userDeviation = 0.4
  /// The rank of the preference all domains share.
  public var sharedRank = 4
  /// The standard deviation of the logits' shared preference.
  public var sharedDeviation = 1.5
  /// The rank of each domain's shift.
  public var shiftRank = 2
  /// The standard deviation of the logits' domain shift.
  public var shiftDeviation = 0.8

  /// The seed of data and split.
  public var seed: UInt64 = 1

  /// The defaults.
  public init() {}
}
