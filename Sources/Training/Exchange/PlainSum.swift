import Kernels
import MPI

/// Adds this rank's shards one after another, and leaves the sum over ranks to `MPI_Allreduce`: what
/// other trainers do.
///
/// The result depends on the number of ranks, and on the algorithm that MPI chooses. It is here to show
/// what the fixed tree costs.
final class PlainSum: ShardSum {
  let vector: GradientVector
  private let group: Communicator
  private let shards: Range<Int>

  /// Prepares for the shards that a rank owns in the tree.
  init(_ vector: GradientVector, tree: ShardTree, group: Communicator) {
    self.vector = vector
    self.group = group
    shards = tree.run(ofRank: group.rank, of: group.size)
  }

  func makePool() -> GradientPool { GradientPool(range: vector.range, depth: 2) }

  func sumShards(_ pool: GradientPool, leaf: (Int, inout Buffer) -> Bool) {
    var hasSum = false
    for shard in shards {
      hasSum = pool.accumulate(shard, afterOthers: hasSum, leaf: leaf) || hasSum
    }
    // A rank without rows takes part in the sum over ranks.
    if !hasSum { pool.withMutableSums(at: 0) { sums in fill(&sums, with: 0) } }
  }

  func sumRanks(_ pool: GradientPool, batch rows: Int) throws(MPIError) {
    let group = group
    try pool.withMutableSums(at: 0) { sums throws(MPIError) in
      try group.allReduce(&sums, .sum)
    }
  }
}
