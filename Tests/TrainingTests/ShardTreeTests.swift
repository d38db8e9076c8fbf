import Testing
import Training

@Suite struct ShardTreeTests {
  private static let shardCounts = Array(1...17) + [32]

  @Test(arguments: shardCounts)
  func `runs share out all shards in order, none empty`(shards: Int) {
    let tree = ShardTree(shardCount: shards)
    for size in 1...shards {
      let runs = (0..<size).map { tree.run(ofRank: $0, of: size) }
      #expect(runs.flatMap(Array.init) == Array(0..<shards))
      #expect(runs.allSatisfy { !$0.isEmpty })
    }
  }

  @Test(arguments: shardCounts)
  func `covers are the fewest nodes that make up each run`(shards: Int) {
    let tree = ShardTree(shardCount: shards)
    let nodes = allNodes(of: tree)
    for size in 1...shards {
      for rank in 0..<size {
        let run = tree.run(ofRank: rank, of: size)
        let inside = nodes.filter { run.lowerBound <= $0.lower && $0.upper <= run.upperBound }
        let largest = inside.filter { node in
          !inside.contains { $0 != node && $0.lower <= node.lower && node.upper <= $0.upper }
        }
        #expect(tree.cover(run) == largest.sorted { $0.lower < $1.lower })
        #expect(tree.cover(run).flatMap { Array($0.lower..<$0.upper) } == Array(run))
      }
    }
  }

  @Test(arguments: shardCounts)
  func `an empty run has no nodes`(shards: Int) {
    #expect(ShardTree(shardCount: shards).cover(0..<0).isEmpty)
  }

  @Test(arguments: shardCounts)
  func `halves make up their node and end at single shards`(shards: Int) {
    let nodes = allNodes(of: ShardTree(shardCount: shards))
    #expect(nodes.count == 2 * shards - 1)
    for node in nodes where !node.isLeaf {
      #expect(node.left.lower == node.lower && node.right.upper == node.upper)
      #expect(node.left.upper == node.right.lower)
      #expect(abs((node.left.upper - node.left.lower) - (node.right.upper - node.right.lower)) <= 1)
    }
  }

  @Test(arguments: shardCounts)
  func `the depth is that of a balanced tree`(shards: Int) {
    let levels = (0...).first { 1 << $0 >= shards }
    #expect(ShardTree(shardCount: shards).depth == 1 + (levels ?? 0))
  }

  @Test(arguments: shardCounts)
  func `rows are shared out in order, evenly, and a node without any is absent`(shards: Int) {
    let tree = ShardTree(shardCount: shards)
    for rows in [0, 1, 2, shards - 1, shards, shards + 1, 7 * shards - 1, 7 * shards, 1009] {
      let ranges = (0..<shards).map { tree.rows(ofShard: $0, batch: rows) }
      #expect(ranges.flatMap(Array.init) == Array(0..<rows))
      let counts = ranges.map(\.count)
      #expect(counts.allSatisfy { $0 == rows / shards || $0 == (rows + shards - 1) / shards })
      for node in allNodes(of: tree) {
        let held = counts[node.lower..<node.upper].reduce(0, +)
        #expect(tree.isPresent(node, batch: rows) == (held > 0))
      }
    }
  }

  private func allNodes(of tree: ShardTree) -> [ShardTree.Node] {
    func below(_ node: ShardTree.Node) -> [ShardTree.Node] {
      node.isLeaf ? [node] : [node] + below(node.left) + below(node.right)
    }
    return below(tree.root)
  }
}
