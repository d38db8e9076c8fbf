import Kernels
import MPI

/// Completes the tree on ranks that share memory, without a message: each leaves the nodes it computes there,
/// sums one part of the vector over all of them, and updates the parameters of this part alone.
///
/// Ranks wait for one another three times in a step: until all nodes are there; until all have summed, with
/// whether the sums are finite; and until all parts have been updated. What one of them writes, the others have
/// read by then.
final class SharedTree: ShardSum {
  /// The memory that the ranks share.
  struct Memory {
    /// The sums of nodes: those of the first rank in order, then those of the next one.
    let nodes: [SharedBuffer]
    /// The updated parameters.
    let updates: SharedBuffer
  }

  /// The floats that are summed at a time, so that partial sums stay in the nearest cache (16 KB).
  static let chunk = 4096
  /// The floats of a line of a cache: no two ranks write to one.
  private static let line = 16

  let vector: GradientVector
  private let tree: ShardTree
  private let group: Communicator
  private let memory: Memory
  /// The nodes of all ranks, and which of them are this rank's.
  private let nodes: [ShardTree.Node]
  private let own: Range<Int>
  private let parts: Blocks
  /// By level of the tree: a chunk of a partial sum.
  private let scratch: [SharedBuffer]

  /// Prepares for a vector; all ranks of the group call it.
  ///
  /// - Parameters:
  ///   - vector: what is summed.
  ///   - tree: the shards.
  ///   - group: the ranks, all of one node.
  ///   - refusal: why there is none.
  /// - Returns: `nil` on all ranks if one of them cannot share memory.
  /// - Throws: what MPI throws.
  static func make(
    _ vector: GradientVector, tree: ShardTree, group: Communicator,
    refusal: inout SharedMemory.Failure?
  ) throws(MPIError) -> SharedTree? {
    let covers = (0..<group.size).map { tree.cover(tree.run(ofRank: $0, of: group.size)) }
    var nodes: [SharedBuffer] = []
    for _ in covers.joined() {
      guard let node = try share(vector.range, group, &refusal) else { return nil }
      nodes.append(node)
    }
    guard let updates = try share(0..<vector.parameterCount, group, &refusal) else { return nil }
    return SharedTree(
      vector, tree: tree, group: group, covers, parts: try parts(of: vector, ranks: group.size),
      Memory(nodes: nodes, updates: updates))
  }

  private init(
    _ vector: GradientVector, tree: ShardTree, group: Communicator, _ covers: [[ShardTree.Node]],
    parts: Blocks, _ memory: Memory
  ) {
    let first = covers[..<group.rank].reduce(0) { $0 + $1.count }
    self.vector = vector
    self.tree = tree
    self.group = group
    self.parts = parts
    self.memory = memory
    nodes = covers.flatMap(\.self)
    own = first..<first + covers[group.rank].count
    scratch = (0..<tree.depth).map { _ in SharedBuffer(count: min(vector.count, SharedTree.chunk)) }
  }

  /// A buffer whose floats of a range all ranks of the group share.
  private static func share(
    _ range: Range<Int>, _ group: Communicator, _ refusal: inout SharedMemory.Failure?
  ) throws(MPIError) -> SharedBuffer? {
    switch try NodeBuffer(ownCount: range.lowerBound, sharedCount: range.count, node: group) {
    case .shared(let buffer): return SharedBuffer(buffer)
    case .refused(let reason):
      refusal = reason
      return nil
    }
  }

  /// Parts as equal as whole lines of a cache allow.
  private static func parts(of vector: GradientVector, ranks: Int) throws(MPIError) -> Blocks {
    let count = vector.parameterCount
    let bounds = (0...ranks).map { $0 == ranks ? count : count * $0 / ranks / line * line }
    return try Blocks(counts: (0..<ranks).map { bounds[$0 + 1] - bounds[$0] })
  }

  var part: Range<Int> { parts[group.rank] }

  /// The first buffer is for the sums, which nobody else reads; then come this rank's nodes.
  func makePool() -> GradientPool {
    GradientPool(
      range: vector.range, shared: own.map { memory.nodes[$0] }, at: 1, others: tree.depth)
  }

  func sumShards(_ pool: GradientPool, leaf: (Int, inout Buffer) -> Bool) {
    evaluate(Array(nodes[own]), pool, into: 1, leaf: leaf)
  }

  func sumRanks(_ pool: GradientPool, batch rows: Int) throws(MPIError) {
    try group.barrier()
    sum(part, pool, rows)
    for range in vector.common { sum(range, pool, rows) }
  }

  func areFinite(_ pool: GradientPool) throws(MPIError) -> Bool {
    let isFinite = pool.withSums(at: 0) { sums in
      ([part] + vector.common).allSatisfy { allFinite(sums.extracting($0)) }
    }
    return try group.allReduce(isFinite ? 1 : 0, .min) == 1
  }

  func completeSums(_ pool: GradientPool, batch rows: Int) { sum(0..<vector.count, pool, rows) }

  func shareUpdates(of parameters: inout Buffer) throws(MPIError) {
    memory.updates.values.copy(vector.place(of: part), of: parameters, to: part.lowerBound)
    try group.barrier()
    for rank in 0..<group.size where rank != group.rank {
      let part = parts[rank]
      parameters.copy(part, of: memory.updates.values, to: vector.place(of: part).lowerBound)
    }
  }

  func gather(_ floats: inout Buffer) throws(MPIError) {
    var span = floats.mutableSpan
    try group.allGather(&span, blocks: parts)
  }
}

// MARK: - Sums

extension SharedTree {
  /// Sums a part of the vector over all nodes.
  private func sum(_ part: Range<Int>, _ pool: GradientPool, _ rows: Int) {
    guard tree.isPresent(tree.root, batch: rows) else { return }
    for start in stride(from: part.lowerBound, to: part.upperBound, by: SharedTree.chunk) {
      let chunk = start..<min(part.upperBound, start + SharedTree.chunk)
      pool.withMutableSums(at: 0, chunk) { sums in
        sum(tree.root, of: chunk, rows, level: 0, into: &sums)
      }
    }
  }

  /// Writes the sum of a node that holds rows.
  private func sum(
    _ node: ShardTree.Node, of chunk: Range<Int>, _ rows: Int, level: Int,
    into sums: inout MutableSpan<Float>
  ) {
    if let index = nodes.firstIndex(of: node) {
      return memory.nodes[index].withSpan(vector.place(of: chunk)) { copy($0, into: &sums) }
    }
    guard tree.isPresent(node.left, batch: rows) else {
      return sum(node.right, of: chunk, rows, level: level, into: &sums)
    }
    sum(node.left, of: chunk, rows, level: level + 1, into: &sums)
    guard tree.isPresent(node.right, batch: rows) else { return }
    add(node.right, of: chunk, rows, level: level, into: &sums)
  }

  /// Adds the sum of a node that holds rows.
  private func add(
    _ node: ShardTree.Node, of chunk: Range<Int>, _ rows: Int, level: Int,
    into sums: inout MutableSpan<Float>
  ) {
    if let index = nodes.firstIndex(of: node) {
      return memory.nodes[index].withSpan(vector.place(of: chunk)) { Kernels.add($0, into: &sums) }
    }
    scratch[level].withMutableSpan(0..<chunk.count) { other in
      sum(node, of: chunk, rows, level: level + 1, into: &other)
    }
    scratch[level].withSpan(0..<chunk.count) { Kernels.add($0, into: &sums) }
  }
}
