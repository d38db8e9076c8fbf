import Kernels
import MPI

/// Completes the tree for any number of ranks: cuts the vector into one part per rank, sends each
/// part's nodes to its rank, which finishes the tree there, and gathers the parts.
///
/// A rank's run of shards may be several nodes, of which it sends each. With `m` nodes in all a rank
/// receives `m n / P` floats, then `n (P - 1) / P`.
final class ScatteredTree: ShardSum {
  let vector: GradientVector
  private let tree: ShardTree
  private let group: Communicator
  /// The nodes that each rank computes.
  private let covers: [[ShardTree.Node]]
  /// The part of the vector that each rank finishes.
  private let parts: Blocks
  private let outgoing, incoming: SharedBuffer
  /// What goes where, by the number of rows of a batch: full ones, and the last of an epoch.
  private var schedules: [Int: Schedule] = [:]

  /// Prepares for a vector.
  init(_ vector: GradientVector, tree: ShardTree, group: Communicator) throws(MPIError) {
    let (size, count) = (group.size, vector.count)
    parts = try Blocks(
      counts: (0..<size).map { count * ($0 + 1) / size - count * $0 / size })
    covers = (0..<size).map { tree.cover(tree.run(ofRank: $0, of: size)) }
    self.vector = vector
    self.tree = tree
    self.group = group
    let nodes = covers.reduce(0) { $0 + $1.count }
    outgoing = SharedBuffer(count: size == 1 ? 0 : covers[group.rank].count * count)
    incoming = SharedBuffer(count: size == 1 ? 0 : nodes * parts[group.rank].count)
  }

  private var ownNodes: [ShardTree.Node] { covers[group.rank] }

  func makePool() -> GradientPool {
    GradientPool(range: vector.range, depth: tree.depth + ownNodes.count)
  }

  func sumShards(_ pool: GradientPool, leaf: (Int, inout Buffer) -> Bool) {
    evaluate(ownNodes, pool, leaf: leaf)
  }

  func sumRanks(_ pool: GradientPool, batch rows: Int) throws(MPIError) {
    guard group.size > 1 else { return }
    let schedule = try schedule(rows)
    pack(pool, rows)
    try scatter(schedule)
    let sum = finish(tree.root, schedule.received)
    let (group, parts) = (group, parts)
    let own = parts[group.rank]
    if let sum {
      pool.withMutableSums(at: 0, own) { sums in
        incoming.withSpan(sum) { finished in copy(finished, into: &sums) }
      }
    }
    try pool.withMutableSums(at: 0) { sums throws(MPIError) in
      try group.allGather(&sums, blocks: parts)
    }
  }

  /// What is exchanged for a batch: the nodes that hold rows, in the order in which their parts are
  /// received, and how many floats each rank sends to each.
  private struct Schedule {
    let received: [ShardTree.Node]
    let outgoing: Blocks
    let incoming: Blocks
  }

  private func schedule(_ rows: Int) throws(MPIError) -> Schedule {
    if let schedule = schedules[rows] { return schedule }
    let nodes = covers.map { $0.filter { tree.isPresent($0, batch: rows) } }
    let own = parts[group.rank].count
    let schedule = Schedule(
      received: nodes.flatMap(\.self),
      outgoing: try Blocks(
        counts: (0..<group.size).map { parts[$0].count * nodes[group.rank].count }),
      incoming: try Blocks(counts: nodes.map { $0.count * own }))
    schedules[rows] = schedule
    return schedule
  }

  /// Lays out, for every rank, its part of each of this rank's nodes.
  private func pack(_ pool: GradientPool, _ rows: Int) {
    var offset = 0
    for rank in 0..<group.size {
      for (index, node) in ownNodes.enumerated() where tree.isPresent(node, batch: rows) {
        let part = parts[rank]
        pool.withSums(at: index) { sums in
          outgoing.withMutableSpan(offset..<offset + part.count) { target in
            copy(sums.extracting(part), into: &target)
          }
        }
        offset += part.count
      }
    }
  }

  private func scatter(_ schedule: Schedule) throws(MPIError) {
    try incoming.withMutableSpan(0..<schedule.incoming.total) { received throws(MPIError) in
      try outgoing.withSpan(0..<schedule.outgoing.total) { sent throws(MPIError) in
        try group.allToAll(
          sent, blocks: schedule.outgoing, into: &received, blocks: schedule.incoming)
      }
    }
  }

  /// Sums received nodes, in place, up to `node`; `nil` if none of them holds a row.
  private func finish(_ node: ShardTree.Node, _ received: [ShardTree.Node]) -> Range<Int>? {
    let count = parts[group.rank].count
    if let index = received.firstIndex(of: node) { return index * count..<(index + 1) * count }
    guard !node.isLeaf else { return nil }
    let left = finish(node.left, received)
    let right = finish(node.right, received)
    guard let left, let right else { return left ?? right }
    incoming.withMutableSpan(0..<max(left.upperBound, right.upperBound)) { nodes in
      add(right, to: left, of: &nodes)
    }
    return left
  }
}
