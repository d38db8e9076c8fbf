internal import Foundation
internal import Training

/// Which experts are being trained on which ranks, and how many have been.
struct ExpertOverview {
  private var running: [ExpertAssignment] = []
  private var ended = 0
  private var count = 0

  mutating func begin(_ assignment: ExpertAssignment) {
    count = assignment.expert.count
    running.append(assignment)
    running.sort { $0.ranks.lowerBound < $1.ranks.lowerBound }
  }

  mutating func end(_ assignment: ExpertAssignment) {
    running.removeAll { $0 == assignment }
    ended += 1
  }

  /// For example `3 of 10 trained, now expert 3 on rank 0, 6 on ranks 1 to 2`; `nil` before anything began.
  var text: String? {
    guard count > 0 else { return nil }
    let places = running.map { "\($0.expert.index) on \($0.ranks.words)" }
    let now = places.isEmpty ? "" : ", now expert " + places.joined(separator: ", ")
    return "\(ended) of \(count) trained" + now
  }
}

extension Range<Int> {
  /// Ranks in words: `rank 3` or `ranks 3 to 5`.
  var words: String {
    count == 1 ? "rank \(lowerBound)" : "ranks \(lowerBound) to \(upperBound - 1)"
  }
}

extension IdleTime {
  /// The times in one line, for example
  /// `experts: ranks without an expert for 12 % of 34.5 s, the longest rank 2 for 8.1 s`.
  var line: String {
    let percent = String(format: "%.0f", 100 * share)
    let (rank, seconds) = longest
    return "experts: ranks without an expert for \(percent) % of "
      + String(format: "%.1f s, the longest rank %d for %.1f s", elapsed, rank, seconds)
  }
}
