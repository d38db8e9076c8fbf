package import MPI

/// The cross-entropies of the rows trained since the last evaluation.
///
/// Each rank notes its own shards' sums, step by step; the mean adds them in the order of steps and
/// shards, so that it has the same bits on any number of ranks.
package struct LossSum {
  private let shards: Int
  private var sums: [Double] = []
  private var rows = 0

  /// No losses of steps with a number of shards.
  package init(shards: Int) { self.shards = shards }

  /// Makes room for a number of steps.
  package mutating func reserve(steps: Int) { sums.reserveCapacity(shards * steps) }

  /// Notes a step: its shards' sums, zero for those of other ranks, and its rows.
  package mutating func add(_ shardLosses: [Double], rows: Int) {
    precondition(
      shardLosses.count == shards, "losses of \(shardLosses.count) shards, expected \(shards)")
    sums.append(contentsOf: shardLosses)
    self.rows += rows
  }

  /// The mean over all rows noted, on every rank; then begins anew.
  package mutating func mean(over group: Communicator) throws(MPIError) -> Double {
    // Exact in any order: of each sum, all ranks but one hold zero.
    var span = sums.mutableSpan
    try group.allReduce(&span, .sum)
    let mean = sums.reduce(0, +) / Double(rows)
    sums.removeAll(keepingCapacity: true)
    rows = 0
    return mean
  }
}
