/// Which rank trains which expert: the expert with the most rows first, each to the rank that has the
/// fewest so far.
///
/// A function of the rows and the number of ranks, so that all ranks agree without a message. What an
/// expert becomes does not depend on who trains it.
package struct ExpertSchedule: Hashable, Sendable {
  /// By expert: its rank.
  package let owners: [Int]

  /// - Parameters:
  ///   - rows: by expert, the rows of its domain.
  ///   - size: the number of ranks.
  package init(rows: [Int], size: Int) {
    precondition(size > 0, "\(rows.count) experts for \(size) ranks")
    var owners = [Int](repeating: 0, count: rows.count)
    var loads = [Int](repeating: 0, count: size)
    let order = rows.indices.sorted { (-rows[$0], $0) < (-rows[$1], $1) }
    for expert in order {
      let rank = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) } ?? 0
      owners[expert] = rank
      loads[rank] += rows[expert]
    }
    self.owners = owners
  }

  /// The experts of a rank, those with the most rows first.
  package func experts(ofRank rank: Int, rows: [Int]) -> [Int] {
    owners.indices.filter { owners[$0] == rank }.sorted { (-rows[$0], $0) < (-rows[$1], $1) }
  }
}
