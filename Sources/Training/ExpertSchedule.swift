/// How ranks form groups to train experts, and with which expert each group begins.
///
/// There are as many groups as ranks, or as experts if those are fewer. A group is a contiguous run of
/// ranks, and its first rank speaks for it. Group `g` begins with the expert that has the `g`-th most
/// rows; of equal ones the lower index comes first. Ranks beyond one a group join, one by one, the group
/// whose expert has the most rows for each of its ranks (the first of equal ones), which makes the most
/// rows of any rank as few as possible. No group has more ranks than the job, and so none more than
/// shards.
///
/// A function of the rows and the number of ranks, so that all ranks agree without a message. What an
/// expert becomes does not depend on who trains it.
package struct ExpertSchedule: Hashable, Sendable {
  /// The experts, those with the most rows first.
  package let order: [Int]
  /// By group: its ranks.
  package let groups: [Range<Int>]

  /// - Parameters:
  ///   - rows: by expert, the training rows of its domain.
  ///   - ranks: the number of ranks.
  package init(rows: [Int], ranks: Int) {
    precondition(ranks > 0, "\(rows.count) experts for \(ranks) ranks")
    order = rows.indices.sorted { (-rows[$0], $0) < (-rows[$1], $1) }
    let first = order.prefix(ranks).map { rows[$0] }
    var sizes = [Int](repeating: 1, count: max(1, first.count))
    for _ in sizes.count..<max(sizes.count, ranks) where !first.isEmpty {
      // Whole numbers: a / b < c / d if and only if a · d < c · b.
      let group = first.indices.max { first[$0] * sizes[$1] < first[$1] * sizes[$0] } ?? 0
      sizes[group] += 1
    }
    if first.isEmpty { sizes[0] = ranks }
    var start = 0
    groups = sizes.map { size in
      defer { start += size }
      return start..<start + size
    }
  }

  /// The group that a rank belongs to.
  package func group(ofRank rank: Int) -> Int {
    guard let group = groups.firstIndex(where: { $0.contains(rank) }) else {
      preconditionFailure("rank \(rank) of \(groups.last?.upperBound ?? 0)")
    }
    return group
  }

  /// The expert that a group begins with; `nil` if there are no experts.
  package func first(ofGroup group: Int) -> Int? { group < order.count ? order[group] : nil }
}
