package import Kernels
package import MPI

/// A way to sum the gradients of all shards over ranks: what this rank computes of the sum, how ranks
/// complete it, and which parameters each of them updates.
///
/// A class, because it changes its buffers while a pool of gradients is lent to it.
package protocol ShardSum: AnyObject {
  /// What is summed.
  var vector: GradientVector { get }

  /// The gradients of parameters whose sums this rank gets, counted from the first: it updates these.
  var part: Range<Int> { get }

  /// Allocates the buffers that this rank's part of the sum takes.
  func makePool() -> GradientPool

  /// Sums this rank's shards, as far as they are summed without other ranks.
  ///
  /// `leaf` computes a shard's gradient into a buffer, and says whether the shard has rows.
  func sumShards(_ pool: GradientPool, leaf: (Int, inout Buffer) -> Bool)

  /// Sums over ranks; the sums of ``part`` and those that every rank needs are then in the pool's first buffer.
  ///
  /// - Parameters:
  ///   - pool: holds what ``sumShards(_:leaf:)`` has left.
  ///   - rows: the rows of the batch, from which all ranks know which shards are empty.
  /// - Throws: what MPI throws.
  func sumRanks(_ pool: GradientPool, batch rows: Int) throws(MPIError)

  /// Whether the sums are finite on all ranks.
  func areFinite(_ pool: GradientPool) throws(MPIError) -> Bool

  /// Brings all sums here, after ``sumRanks(_:batch:)``.
  func completeSums(_ pool: GradientPool, batch rows: Int)

  /// Brings the parameters here that other ranks have updated, each to the place of its gradient.
  func shareUpdates(of parameters: inout Buffer) throws(MPIError)

  /// Brings what other ranks have of a buffer with a float for each parameter, such as a moment.
  func gather(_ floats: inout Buffer) throws(MPIError)
}

/// What holds if every rank gets all sums, and updates all parameters.
extension ShardSum {
  package var part: Range<Int> { 0..<vector.parameterCount }

  package func areFinite(_ pool: GradientPool) throws(MPIError) -> Bool {
    pool.withSums(at: 0) { allFinite($0) }
  }

  package func completeSums(_: GradientPool, batch _: Int) {}

  package func shareUpdates(of _: inout Buffer) throws(MPIError) {}

  package func gather(_: inout Buffer) throws(MPIError) {}
}

extension ShardSum {
  /// Evaluates nodes of the tree, each into the buffer of its index, counted from `first`.
  func evaluate(
    _ nodes: [ShardTree.Node], _ pool: GradientPool, into first: Int = 0,
    leaf: (Int, inout Buffer) -> Bool
  ) {
    for (slot, node) in nodes.enumerated() {
      _ = pool.evaluate(node, into: first + slot, leaf: leaf)
    }
  }
}
