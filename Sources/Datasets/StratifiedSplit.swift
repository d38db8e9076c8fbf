internal import Kernels

/// Shares out rows to training, validation and test at random, stratified on the label.
///
/// The sizes are those of ``SplitSizes``; in both stages each label gets its share of the rows up to
/// rounding. Which rows go where depends on the seed, the domain, and the labels in order.
public struct StratifiedSplit: Hashable, Sendable {
  /// How a dataset's description names this rule.
  public static let rule = "per domain 60/20/20, in two stages, stratified on the label"

  /// The seed of the random choice.
  public let seed: UInt64

  /// The random split of a seed.
  public init(seed: UInt64) { self.seed = seed }

  /// The split of every row of a domain, given their labels, 0 or 1.
  ///
  /// - Complexity: O(rows).
  public func splits(ofDomain domain: Int, labels: [UInt8]) -> [Split] {
    let stream = RandomStream(seed: seed, purpose: .split).derived(domain)
    let sizes = SplitSizes(of: labels.count)
    let positives = labels.count { $0 == 1 }
    let rest = sizes.validation + sizes.test
    let restPositives = share(of: rest, part: positives, whole: labels.count)
    let testPositives = share(of: sizes.test, part: restPositives, whole: rest)

    var splits = Array(repeating: Split.train, count: labels.count)
    for label in 0...1 {
      let rows = labels.indices.filter { labels[$0] == UInt8(label) }
      let leaving = label == 1 ? restPositives : rest - restPositives
      let tested = label == 1 ? testPositives : sizes.test - testPositives
      let order = stream.derived(label).permutation(count: rows.count)
      for place in 0..<leaving {
        splits[rows[Int(order[place])]] = place < tested ? .test : .validation
      }
    }
    return splits
  }

  /// `size · part / whole`, rounded to nearest.
  private func share(of size: Int, part: Int, whole: Int) -> Int {
    whole == 0 ? 0 : (2 * size * part + whole) / (2 * whole)
  }
}
