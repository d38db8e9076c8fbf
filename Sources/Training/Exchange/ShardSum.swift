package import Kernels
package import MPI

/// A way to sum the gradients of all shards over ranks: what this rank computes of the sum, and how
/// ranks complete it.
///
/// A class, because it changes its buffers while a pool of gradients is lent to it.
package protocol ShardSum: AnyObject {
  /// The gradient buffers that a rank's part of the sum takes.
  var bufferCount: Int { get }

  /// Sums this rank's shards, as far as they are summed without other ranks.
  ///
  /// `leaf` computes a shard's gradient into a buffer, and says whether the shard has rows.
  func sumShards(_ pool: GradientPool, leaf: (Int, inout Buffer) -> Bool)

  /// Sums over ranks; the result is in the pool's first buffer on every rank.
  ///
  /// - Parameters:
  ///   - pool: holds what ``sumShards(_:leaf:)`` has left.
  ///   - rows: the rows of the batch, from which all ranks know which shards are empty.
  /// - Throws: what MPI throws.
  func sumRanks(_ pool: GradientPool, batch rows: Int) throws(MPIError)
}

extension ShardSum {
  /// Evaluates nodes of the tree, each into the buffer of its index.
  func evaluate(
    _ nodes: [ShardTree.Node], _ pool: GradientPool, leaf: (Int, inout Buffer) -> Bool
  ) {
    for (slot, node) in nodes.enumerated() { _ = pool.evaluate(node, into: slot, leaf: leaf) }
  }
}
