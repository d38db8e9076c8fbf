package import MPI

/// The cross-entropies of the rows trained since the last evaluation.
///
/// Each rank notes its own shards' sums, step by step; the mean adds them in the order of steps and
/// shards, so that it has the same bits on any number of ranks.
package struct LossSum {
  private let shards: Int
  /// The sum of the first steps, over all ranks.
  private var total = 0.0
  /// By step and shard, those of the steps since.
  private var sums: [Double] = []
  private var rows = 0

  /// What is noted, once ranks have added up.
  package struct State: Hashable, Codable, Sendable {
    /// The sum of the cross-entropies.
    package var sum: Double
    /// The rows.
    package var rows: Int
  }

  /// No losses of steps with a number of shards.
  package init(shards: Int) { self.shards = shards }

  /// Goes on from a state.
  package init(shards: Int, _ state: State) {
    self.shards = shards
    total = state.sum
    rows = state.rows
  }

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
    let state = try state(over: group)
    (total, rows) = (0, 0)
    return state.sum / Double(state.rows)
  }

  /// What is noted, the same on every rank; that it has been asked for changes no later figure.
  package mutating func state(over group: Communicator) throws(MPIError) -> State {
    // Exact in any order: of each sum, all ranks but one hold zero.
    var span = sums.mutableSpan
    try group.allReduce(&span, .sum)
    // From left to right, so that it does not matter where the first part ends.
    total = sums.reduce(total, +)
    sums.removeAll(keepingCapacity: true)
    return State(sum: total, rows: rows)
  }
}
