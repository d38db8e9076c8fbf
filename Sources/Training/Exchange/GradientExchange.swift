package import Kernels
package import MPI

/// Sums the gradients of all shards, and brings the ranks what each of them has updated.
///
/// With ``GradientReduction/invariant`` the sums are those of the fixed tree, the same bits on any number of
/// ranks: no floating-point sum is left to MPI. Ranks that share memory have a ``SharedTree``. Otherwise a power
/// of two of ranks that divides the shards is a ``RecursiveTree``, any other number a ``ScatteredTree``.
/// ``GradientReduction/fast`` is a ``PlainSum``.
package struct GradientExchange {
  /// The shortest vector that ranks halve and do not double, in floats (128 KB).
  ///
  /// With two ranks on one machine doubling is faster at 16 KB, halving at 600 KB, as with
  /// `MPI_Allreduce`; in between they hardly differ.
  package static let shortestHalved = 32_768

  private let sum: any ShardSum
  /// Why this rank could not share memory with the others, if it could not.
  package let refusal: SharedMemory.Failure?

  /// Prepares for a vector; all ranks of the group call it.
  ///
  /// - Parameters:
  ///   - vector: what is summed.
  ///   - tree: the shards.
  ///   - group: the ranks, at most one for each shard.
  ///   - reduction: whether the fixed tree is kept to.
  ///   - sharesMemory: whether all ranks are on one node, and are to share memory for it.
  /// - Throws: ``MPI/MPIError/countTooLarge(_:limit:routine:)``, or what MPI throws.
  package init(
    _ vector: GradientVector, tree: ShardTree, group: Communicator, reduction: GradientReduction,
    sharesMemory: Bool = false
  ) throws(MPIError) {
    let size = group.size
    precondition(size <= tree.shardCount, "\(size) ranks for \(tree.shardCount) shards")
    var refusal: SharedMemory.Failure?
    sum = try GradientExchange.sum(
      vector, tree, group, reduction, sharesMemory: sharesMemory, &refusal)
    self.refusal = refusal
  }

  private static func sum(
    _ vector: GradientVector, _ tree: ShardTree, _ group: Communicator,
    _ reduction: GradientReduction, sharesMemory: Bool, _ refusal: inout SharedMemory.Failure?
  ) throws(MPIError) -> any ShardSum {
    guard reduction == .invariant else { return PlainSum(vector, tree: tree, group: group) }
    if sharesMemory, group.size > 1,
      let shared = try SharedTree.make(vector, tree: tree, group: group, refusal: &refusal)
    {
      return shared
    }
    guard RecursiveTree.fits(tree, ranks: group.size) else {
      return try ScatteredTree(vector, tree: tree, group: group)
    }
    return RecursiveTree(
      vector, tree: tree, group: group, halves: vector.count >= GradientExchange.shortestHalved)
  }

  /// Allocates the buffers in which this rank's shards are summed.
  package func makePool() -> GradientPool { sum.makePool() }

  /// The gradients of parameters whose sums this rank gets, counted from the first of the vector: it updates
  /// these, and ``shareUpdates(of:)`` brings the others.
  package var part: Range<Int> { sum.part }

  /// Sums this rank's shards, as far as they are summed without other ranks.
  ///
  /// `leaf` computes a shard's gradient into a buffer, and says whether the shard has rows.
  package func sumShards(_ pool: GradientPool, leaf: (Int, inout Buffer) -> Bool) {
    sum.sumShards(pool, leaf: leaf)
  }

  /// Sums over ranks, after ``sumShards(_:leaf:)``: the sums of ``part`` and those that every rank needs are
  /// then in the pool's first buffer.
  package func sumRanks(_ pool: GradientPool, batch rows: Int) throws(MPIError) {
    try sum.sumRanks(pool, batch: rows)
  }

  /// Whether all sums are finite, the same on all ranks; all ranks call it before they update anything.
  package func areFinite(_ pool: GradientPool) throws(MPIError) -> Bool {
    try sum.areFinite(pool)
  }

  /// Brings all sums into the pool's first buffer, after ``sumRanks(_:batch:)``.
  package func completeSums(_ pool: GradientPool, batch rows: Int) {
    sum.completeSums(pool, batch: rows)
  }

  /// Brings the parameters here that other ranks have updated, each to the place of its gradient; all ranks
  /// call it when they have updated their ``part``.
  package func shareUpdates(of parameters: inout Buffer) throws(MPIError) {
    try sum.shareUpdates(of: &parameters)
  }

  /// Brings what other ranks have of a buffer with a float for each parameter, such as a moment; all ranks
  /// call it.
  package func gather(_ floats: inout Buffer) throws(MPIError) { try sum.gather(&floats) }
}
