/// The fixed binary tree in which the shards of a global batch are summed.
///
/// It depends on the number of shards alone. A rank owns a contiguous run of shards, computes the
/// largest nodes inside it, and exchanges nodes: so every sum is made of the same additions on any
/// number of ranks.
package struct ShardTree: Hashable, Sendable {
  /// The shards `lower..<upper`, and the sum over them.
  package struct Node: Hashable, Sendable {
    package let lower: Int
    package let upper: Int

    /// The node over the shards `lower..<upper`.
    package init(lower: Int, upper: Int) {
      self.lower = lower
      self.upper = upper
    }

    /// The node as wide as this one that begins where it ends, or ends where it begins.
    func neighbour(isAfter: Bool) -> Node {
      isAfter
        ? Node(lower: upper, upper: 2 * upper - lower)
        : Node(lower: 2 * lower - upper, upper: lower)
    }

    /// The shards of the node.
    package var shards: Range<Int> { lower..<upper }

    /// Whether the node is a single shard.
    package var isLeaf: Bool { upper - lower == 1 }
    /// The first half, the smaller one of an odd number.
    package var left: Node { Node(lower: lower, upper: (lower + upper) / 2) }
    /// The second half.
    package var right: Node { Node(lower: (lower + upper) / 2, upper: upper) }
  }

  /// The number of shards, `S`.
  package let shardCount: Int

  /// The tree over a number of shards, at least one.
  package init(shardCount: Int) {
    precondition(shardCount > 0, "a tree over \(shardCount) shards")
    self.shardCount = shardCount
  }

  /// The sum over all shards.
  package var root: Node { Node(lower: 0, upper: shardCount) }

  /// The number of nodes on the longest path from the root to a leaf.
  package var depth: Int {
    func depth(_ node: Node) -> Int {
      node.isLeaf ? 1 : 1 + max(depth(node.left), depth(node.right))
    }
    return depth(root)
  }

  /// The shards that a rank owns.
  package func run(ofRank rank: Int, of size: Int) -> Range<Int> {
    rank * shardCount / size..<(rank + 1) * shardCount / size
  }

  /// The most rows that a rank has of any batch of up to `batch` rows.
  package func largestRun(ofRank rank: Int, of size: Int, batch: Int) -> Int {
    (batch * run(ofRank: rank, of: size).count + shardCount - 1) / shardCount
  }

  /// The largest nodes inside a run of shards, from left to right.
  package func cover(_ run: Range<Int>) -> [Node] {
    func cover(_ node: Node) -> [Node] {
      if run.isEmpty || run.lowerBound >= node.upper || run.upperBound <= node.lower { return [] }
      if run.lowerBound <= node.lower && node.upper <= run.upperBound { return [node] }
      return cover(node.left) + cover(node.right)
    }
    return cover(root)
  }

  /// The rows of shard `s` of a batch of `rows`, from these two numbers alone.
  package func rows(ofShard shard: Int, batch rows: Int) -> Range<Int> {
    rows * shard / shardCount..<rows * (shard + 1) / shardCount
  }

  /// Whether a node holds any row of a batch; those that do not are left out of every sum.
  package func isPresent(_ node: Node, batch rows: Int) -> Bool {
    rows * node.lower / shardCount < rows * node.upper / shardCount
  }
}
