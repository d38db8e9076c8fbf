import Kernels
import MPI
import Training

extension Case {
  /// Sums over shards that are spread over ranks.
  static let gradients = [
    Case("gradient-exchange", "short gradients have the bits of the tree summed on one rank") {
      world, _ in
      for shards in shardCounts where shards >= world.size {
        for count in [0, 1, 7, 16, 17, 1_000] {
          try exchange(count, shards: shards, world)
        }
      }
    },
    Case("gradient-exchange-long", "so have long ones") { world, _ in
      for shards in shardCounts where shards >= world.size {
        try exchange(100_003, shards: shards, world)
      }
    },
    Case("gradient-exchange-fast", "whole numbers have their sum without the tree, too") {
      world, _ in
      for shards in shardCounts where shards >= world.size {
        for rows in [4 * shards, 1] { try exchangeFast(shards: shards, rows: rows, world) }
      }
    },
  ]

  /// Sums whole numbers, which are exact in any order.
  private static func exchangeFast(shards: Int, rows: Int, _ world: Communicator) throws {
    let count = 33
    let tree = ShardTree(shardCount: shards)
    let exchange = try GradientExchange(tree: tree, group: world, count: count, reduction: .fast)
    let pool = GradientPool(range: 0..<count, depth: exchange.bufferCount)
    exchange.sumShards(pool) { shard, buffer in
      let isPresent = isPresent(shard, of: shards, rows: rows)
      var values = buffer.mutableSpan(0..<count)
      for i in 0..<count { values[i] = isPresent ? Float(i * (shard + 1)) : .nan }
      return isPresent
    }
    try exchange.sumRanks(pool, batch: rows)
    let found = pool.withSums(at: 0) { sums in (0..<count).map { sums[$0] } }
    let weight = (0..<shards).filter { isPresent($0, of: shards, rows: rows) }.reduce(0) {
      $0 + $1 + 1
    }
    try expect(found, "the plain sum of \(shards) shards of \(rows) rows") { Float($0 * weight) }
  }

  private static let shardCounts = [1, 3, 5, 8, 12, 16]

  /// Exchanges gradients of full and ragged batches, some with fewer rows than shards.
  private static func exchange(_ count: Int, shards: Int, _ world: Communicator) throws {
    let tree = ShardTree(shardCount: shards)
    let range = 3..<3 + count
    let gradients = (0..<shards).map { gradient(ofShard: $0, count: count) }
    let exchange = try GradientExchange(
      tree: tree, group: world, count: count, reduction: .invariant)
    let pool = GradientPool(range: range, depth: exchange.bufferCount)
    for rows in [4 * shards, 1, shards + 1, max(1, shards - 1), 2, 4 * shards - 1, 4 * shards] {
      exchange.sumShards(pool) { shard, buffer in
        let isPresent = isPresent(shard, of: shards, rows: rows)
        var values = buffer.mutableSpan(range)
        // What an absent shard leaves in its buffer must not matter.
        for i in 0..<count { values[i] = isPresent ? gradients[shard][i] : .nan }
        return isPresent
      }
      try exchange.sumRanks(pool, batch: rows)
      let found = pool.withSums(at: 0) { sums in (0..<count).map { sums[$0].bitPattern } }
      let expected = sum(of: 0..<shards, gradients) { isPresent($0, of: shards, rows: rows) }
      try expect(found, "the sum of \(shards) shards of \(rows) rows") {
        expected?[$0].bitPattern ?? 0
      }
    }
  }

  /// Whether a shard has rows: row `i` of a batch of `n` belongs to the shard `s` with
  /// `n·s/S <= i < n·(s+1)/S`.
  private static func isPresent(_ shard: Int, of shards: Int, rows: Int) -> Bool {
    rows * shard / shards < rows * (shard + 1) / shards
  }

  /// The tree, written down plainly: halves are summed, then added; halves without rows left out.
  private static func sum(
    of shards: Range<Int>, _ gradients: [[Float]], isPresent: (Int) -> Bool
  ) -> [Float]? {
    guard shards.count > 1 else {
      return isPresent(shards.lowerBound) ? gradients[shards.lowerBound] : nil
    }
    let middle = (shards.lowerBound + shards.upperBound) / 2
    let left = sum(of: shards.lowerBound..<middle, gradients, isPresent: isPresent)
    let right = sum(of: middle..<shards.upperBound, gradients, isPresent: isPresent)
    guard let left, let right else { return left ?? right }
    return zip(left, right).map { $0 + $1 }
  }

  /// Numbers of either sign with exponents from -20 to 20: in another order they have another sum.
  private static func gradient(ofShard shard: Int, count: Int) -> [Float] {
    let stream = RandomStream(seed: 5, purpose: .synthesis).derived(shard)
    return (0..<count).map { index in
      let bits = stream.bits(at: index)
      let significand = UInt32(truncatingIfNeeded: bits) & 0x807F_FFFF
      let exponent = 107 + UInt32(truncatingIfNeeded: (bits >> 32) % 41)
      return Float(bitPattern: significand | exponent << 23)
    }
  }
}
