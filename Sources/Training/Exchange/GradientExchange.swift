package import Kernels
package import MPI

/// Sums the gradients of all shards: every rank ends with the same floats.
///
/// With ``GradientReduction/invariant`` they are those of the fixed tree, the same bits on any number of
/// ranks: no floating-point sum is left to MPI. A power of two of ranks that divides the shards is a
/// ``RecursiveTree``, any other number a ``ScatteredTree``. ``GradientReduction/fast`` is a ``PlainSum``.
package struct GradientExchange {
  /// The shortest vector that ranks halve and do not double, in floats (128 KB).
  ///
  /// With two ranks on one machine doubling is faster at 16 KB, halving at 600 KB, as with
  /// `MPI_Allreduce`; in between they hardly differ.
  package static let shortestHalved = 32_768

  private let sum: any ShardSum

  /// Prepares for vectors of a number of floats.
  ///
  /// - Parameters:
  ///   - tree: the shards.
  ///   - group: the ranks, at most one for each shard.
  ///   - count: the floats that are summed.
  ///   - reduction: whether the fixed tree is kept to.
  /// - Throws: ``MPI/MPIError/countTooLarge(_:limit:routine:)``.
  package init(
    tree: ShardTree, group: Communicator, count: Int, reduction: GradientReduction
  ) throws(MPIError) {
    let size = group.size
    precondition(size <= tree.shardCount, "\(size) ranks for \(tree.shardCount) shards")
    switch reduction {
    case .fast: sum = PlainSum(tree: tree, group: group)
    case .invariant where RecursiveTree.fits(tree, ranks: size):
      sum = RecursiveTree(
        tree: tree, group: group, count: count,
        halves: count >= GradientExchange.shortestHalved)
    case .invariant: sum = try ScatteredTree(tree: tree, group: group, count: count)
    }
  }

  /// The buffers that a pool of gradients needs.
  package var bufferCount: Int { sum.bufferCount }

  /// Sums this rank's shards, as far as they are summed without other ranks.
  ///
  /// `leaf` computes a shard's gradient into a buffer, and says whether the shard has rows.
  package func sumShards(_ pool: GradientPool, leaf: (Int, inout Buffer) -> Bool) {
    sum.sumShards(pool, leaf: leaf)
  }

  /// Sums over ranks, after ``sumShards(_:leaf:)``; the result is in the pool's first buffer.
  package func sumRanks(_ pool: GradientPool, batch rows: Int) throws(MPIError) {
    try sum.sumRanks(pool, batch: rows)
  }
}
