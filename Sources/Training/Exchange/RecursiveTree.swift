import Kernels
import MPI

/// Completes the tree between pairs of ranks at distance 1, 2, 4, …, whose nodes are siblings.
///
/// For a power of two of ranks that divides the shards, so that each rank computes one node.
///
/// Short vectors *double*: a pair exchanges whole nodes, and both add them; `log2 P` messages of `n`
/// floats. Long ones *halve*: each of a pair takes one half of the vector, adds the other's floats to
/// it, and goes on with that half; then the halves go back in the opposite order. That is
/// `2 log2 P` messages of `2 n (P - 1) / P` floats in all, which no sum over ranks undercuts.
///
/// - Source: Thakur, Rabenseifner and Gropp, “Optimization of collective communication operations in
///   MPICH”, 2005, sections 4.4 and 4.5; here with the order of additions fixed by the tree.
final class RecursiveTree: ShardSum {
  let vector: GradientVector
  private let tree: ShardTree
  private let group: Communicator
  /// The node this rank computes.
  private let ownNode: ShardTree.Node
  private let halves: Bool
  private let incoming: SharedBuffer

  /// Prepares for a vector; `halves` says whether ranks share out the additions.
  init(_ vector: GradientVector, tree: ShardTree, group: Communicator, halves: Bool) {
    precondition(RecursiveTree.fits(tree, ranks: group.size), "\(group.size) ranks")
    self.tree = tree
    self.group = group
    ownNode = tree.cover(tree.run(ofRank: group.rank, of: group.size))[0]
    self.vector = vector
    self.halves = halves
    let count = vector.count
    incoming = SharedBuffer(count: group.size == 1 ? 0 : halves ? (count + 1) / 2 : count)
  }

  /// Whether the runs of all ranks are nodes of the tree at one level.
  static func fits(_ tree: ShardTree, ranks: Int) -> Bool {
    ranks & (ranks - 1) == 0 && tree.shardCount % ranks == 0
      && (0..<ranks).allSatisfy { tree.cover(tree.run(ofRank: $0, of: ranks)).count == 1 }
  }

  func makePool() -> GradientPool {
    GradientPool(range: vector.range, depth: tree.depth)
  }

  func sumShards(_ pool: GradientPool, leaf: (Int, inout Buffer) -> Bool) {
    evaluate([ownNode], pool, leaf: leaf)
  }

  func sumRanks(_ pool: GradientPool, batch rows: Int) throws(MPIError) {
    if halves {
      try halve(pool, rows, 0..<vector.count, ownNode, distance: 1)
    } else {
      try double(pool, rows)
    }
  }

  private func double(_ pool: GradientPool, _ rows: Int) throws(MPIError) {
    var node = ownNode
    var distance = 1
    while distance < group.size {
      let peer = group.rank ^ distance
      let all = 0..<vector.count
      try exchange(pool, sending: all, receiving: all, with: peer)
      node = take(all, of: pool, node, peer: peer, rows)
      distance *= 2
    }
  }

  /// Sums a range of the vector over the ranks that are `distance` or more apart.
  private func halve(
    _ pool: GradientPool, _ rows: Int, _ range: Range<Int>, _ node: ShardTree.Node, distance: Int
  ) throws(MPIError) {
    guard distance < group.size else { return }
    let peer = group.rank ^ distance
    let (mine, theirs) = shares(of: range, takesUpper: peer < group.rank)
    try exchange(pool, sending: theirs, receiving: mine, with: peer)
    let sum = take(mine, of: pool, node, peer: peer, rows)
    try halve(pool, rows, mine, sum, distance: 2 * distance)
    try pool.withMutableSums(at: 0) { sums throws(MPIError) in
      _ = try group.exchange(&sums, sending: mine, receiving: theirs, with: peer)
    }
  }

  /// The two halves of a range: this rank's and its peer's.
  private func shares(
    of range: Range<Int>, takesUpper: Bool
  ) -> (mine: Range<Int>, theirs: Range<Int>) {
    let middle = (range.lowerBound + range.upperBound) / 2
    let (lower, upper) = (range.lowerBound..<middle, middle..<range.upperBound)
    return takesUpper ? (upper, lower) : (lower, upper)
  }

  /// Sends a part of this rank's sums, and receives what the peer has for another part.
  private func exchange(
    _ pool: GradientPool, sending outgoing: Range<Int>, receiving part: Range<Int>, with peer: Int
  ) throws(MPIError) {
    try incoming.withMutableSpan(0..<part.count) { received throws(MPIError) in
      try pool.withSums(at: 0) { sums throws(MPIError) in
        _ = try group.sendReceive(
          sums.extracting(outgoing), to: peer, into: &received, from: peer)
      }
    }
  }

  /// Adds what was received to a part of this rank's sums, or puts it in their place if they hold no
  /// row; returns the node that the sums now are of.
  private func take(
    _ part: Range<Int>, of pool: GradientPool, _ node: ShardTree.Node, peer: Int, _ rows: Int
  ) -> ShardTree.Node {
    let sibling = node.neighbour(isAfter: peer > group.rank)
    if tree.isPresent(sibling, batch: rows) {
      let adds = tree.isPresent(node, batch: rows)
      pool.withMutableSums(at: 0, part) { sums in
        incoming.withSpan(0..<part.count) { received in
          if adds { add(received, into: &sums) } else { copy(received, into: &sums) }
        }
      }
    }
    return ShardTree.Node(
      lower: min(node.lower, sibling.lower), upper: max(node.upper, sibling.upper))
  }
}
