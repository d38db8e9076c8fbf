import Kernels
package import MPI

/// Completes the tree over ranks: every rank ends with the sum over all shards, the same bits on any
/// number of ranks.
///
/// A power of two of ranks that divides the shards doubles recursively: at distance 1, 2, 4, … each
/// pair adds its nodes, which are siblings. Any other number cuts the vector into one part per rank,
/// sends each part's nodes to its rank, which finishes the tree there, and gathers the parts. No
/// floating-point sum is left to MPI.
package struct GradientExchange: ~Copyable {
  private let tree: ShardTree
  private let group: Communicator
  private let range: Range<Int>
  /// The nodes that each rank computes.
  private let covers: [[ShardTree.Node]]
  private let doubles: Bool
  /// The part of the vector that each rank finishes.
  private let parts: Blocks
  private var outgoing: Buffer
  private var incoming: Buffer
  /// What goes where, by the number of rows of a batch: full ones, and the last of an epoch.
  private var schedules: [Int: Schedule] = [:]

  /// Prepares for vectors that lie in a range of larger ones.
  ///
  /// - Parameters:
  ///   - tree: the shards.
  ///   - group: the ranks, at most one for each shard.
  ///   - range: the floats that are summed.
  /// - Throws: ``MPI/MPIError/countTooLarge(_:limit:routine:)``.
  package init(tree: ShardTree, group: Communicator, range: Range<Int>) throws(MPIError) {
    let (size, count) = (group.size, range.count)
    precondition(size <= tree.shardCount, "\(size) ranks for \(tree.shardCount) shards")
    // Before any property is set: Swift 6.3 destroys a half-made noncopyable value wrongly.
    let parts = try Blocks(
      counts: (0..<size).map { count * ($0 + 1) / size - count * $0 / size })
    let covers = (0..<size).map { tree.cover(tree.run(ofRank: $0, of: size)) }
    let doubles =
      size & (size - 1) == 0 && tree.shardCount % size == 0
      && covers.allSatisfy { $0.count == 1 }
    let nodes = covers.reduce(0) { $0 + $1.count }
    self.tree = tree
    self.group = group
    self.range = range
    self.covers = covers
    self.doubles = doubles
    self.parts = parts
    outgoing = Buffer(count: size == 1 || doubles ? 0 : covers[group.rank].count * count)
    incoming = Buffer(
      count: size == 1 ? 0 : doubles ? count : nodes * parts[group.rank].count)
  }

  /// The nodes this rank computes, in the pool's order.
  package var ownNodes: [ShardTree.Node] { covers[group.rank] }

  /// Sums over ranks; the result is in the pool's first buffer.
  ///
  /// Expects this rank's nodes at the pool's indices 0, 1, …, those that hold rows of the batch.
  package mutating func exchange(_ pool: GradientPool, batch rows: Int) throws(MPIError) {
    guard group.size > 1 else { return }
    if doubles {
      try double(pool, rows)
    } else {
      try scatterAndGather(pool, rows)
    }
  }

  private mutating func double(_ pool: GradientPool, _ rows: Int) throws(MPIError) {
    // A view of a buffer of this value excludes all other uses of the value, so these are copied.
    let (group, tree) = (group, tree)
    var node = ownNodes[0]
    var distance = 1
    while distance < group.size {
      let peer = group.rank ^ distance
      let sibling = node.neighbour(isAfter: peer > group.rank)
      var received = incoming.mutableSpan
      try pool.withSums(at: 0) { sums throws(MPIError) in
        _ = try group.sendReceive(sums, to: peer, into: &received, from: peer)
      }
      if tree.isPresent(sibling, batch: rows) {
        take(pool, adding: tree.isPresent(node, batch: rows))
      }
      node = ShardTree.Node(
        lower: min(node.lower, sibling.lower), upper: max(node.upper, sibling.upper))
      distance *= 2
    }
  }

  /// Adds what was received to this rank's sums, or puts it in their place if they hold no row.
  private func take(_ pool: GradientPool, adding: Bool) {
    pool.withMutableSums(at: 0) { sums in
      if adding { add(incoming.span, into: &sums) } else { copy(incoming.span, into: &sums) }
    }
  }

  /// What is exchanged for a batch: the nodes that hold rows, in the order in which their parts are
  /// received, and how many floats each rank sends to each.
  private struct Schedule {
    let received: [ShardTree.Node]
    let outgoing: Blocks
    let incoming: Blocks
  }

  private mutating func schedule(_ rows: Int) throws(MPIError) -> Schedule {
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

  private mutating func scatterAndGather(_ pool: GradientPool, _ rows: Int) throws(MPIError) {
    let schedule = try schedule(rows)
    pack(pool, schedule, rows)
    try GradientExchange.allToAll(schedule, group, from: outgoing, into: &incoming)
    let sum = finish(tree.root, schedule.received)
    let own = parts[group.rank]
    try pool.withMutableSums(at: 0) { sums throws(MPIError) in
      if let sum {
        let finished = incoming.span(sum)
        for i in 0..<finished.count { sums[own.lowerBound + i] = finished[i] }
      }
      try group.allGather(&sums, blocks: parts)
    }
  }

  private static func allToAll(
    _ schedule: Schedule, _ group: Communicator, from outgoing: borrowing Buffer,
    into incoming: inout Buffer
  ) throws(MPIError) {
    var received = incoming.mutableSpan(0..<schedule.incoming.total)
    try group.allToAll(
      outgoing.span(0..<schedule.outgoing.total), blocks: schedule.outgoing, into: &received,
      blocks: schedule.incoming)
  }

  /// Lays out, for every rank, its part of each of this rank's nodes.
  private mutating func pack(_ pool: GradientPool, _ schedule: Schedule, _ rows: Int) {
    var offset = 0
    for rank in 0..<group.size {
      for (index, node) in ownNodes.enumerated() where tree.isPresent(node, batch: rows) {
        let part = parts[rank]
        pool.withSums(at: index) { sums in
          var target = outgoing.mutableSpan(offset..<offset + part.count)
          copy(sums.extracting(part), into: &target)
        }
        offset += part.count
      }
    }
  }

  /// Sums received nodes, in place, up to `node`; `nil` if none of them holds a row.
  private mutating func finish(
    _ node: ShardTree.Node, _ received: [ShardTree.Node]
  ) -> Range<Int>? {
    let count = parts[group.rank].count
    if let index = received.firstIndex(of: node) { return index * count..<(index + 1) * count }
    guard !node.isLeaf else { return nil }
    let left = finish(node.left, received)
    let right = finish(node.right, received)
    guard let left, let right else { return left ?? right }
    addReceived(right, into: left)
    return left
  }

  /// Adds a later range of the received floats to an earlier one.
  private mutating func addReceived(_ source: Range<Int>, into target: Range<Int>) {
    let base = target.lowerBound
    var both = incoming.mutableSpan(base..<source.upperBound)
    let distance = source.lowerBound - base
    for i in 0..<target.count { both[i] += both[distance + i] }
  }
}
