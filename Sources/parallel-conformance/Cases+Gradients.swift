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
    Case("gradient-exchange-shared", "so have parts of them that ranks sum in memory they share") {
      world, _ in
      for shards in shardCounts where shards >= world.size {
        for count in [0, 1, 17, 1_000, 20_003] {
          try exchange(count, shards: shards, world, sharesMemory: true)
        }
      }
    },
    Case("gradient-exchange-updates", "ranks bring one another what each has updated") { world, _ in
      for sharesMemory in [false, true] {
        try exchangeUpdates(1_003, world, sharesMemory: sharesMemory)
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
    let exchange = try GradientExchange(
      GradientVector(range: 0..<count), tree: tree, group: world, reduction: .fast)
    let pool = exchange.makePool()
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
  private static func exchange(
    _ count: Int, shards: Int, _ world: Communicator, sharesMemory: Bool = false
  ) throws {
    let tree = ShardTree(shardCount: shards)
    let range = 16..<16 + count
    let gradients = (0..<shards).map { gradient(ofShard: $0, count: count) }
    let vector = GradientVector(
      range: range, parameterCount: count - count / 3, common: [count / 5..<count / 4])
    let exchange = try GradientExchange(
      vector, tree: tree, group: world, reduction: .invariant, sharesMemory: sharesMemory)
    if exchange.refusal != nil { throw CheckFailure(description: "ranks share no memory") }
    let pool = exchange.makePool()
    for rows in [4 * shards, 1, shards + 1, max(1, shards - 1), 2, 4 * shards - 1, 4 * shards] {
      exchange.sumShards(pool) { shard, buffer in
        let isPresent = isPresent(shard, of: shards, rows: rows)
        var values = buffer.mutableSpan(range)
        // What an absent shard leaves in its buffer must not matter.
        for i in 0..<count { values[i] = isPresent ? gradients[shard][i] : .nan }
        return isPresent
      }
      try exchange.sumRanks(pool, batch: rows)
      let expected = sum(of: 0..<shards, gradients) { isPresent($0, of: shards, rows: rows) }
      for part in [exchange.part] + vector.common {
        let found = pool.withSums(at: 0) { sums in part.map { sums[$0].bitPattern } }
        try expect(found, "the sums \(part) of \(shards) shards of \(rows) rows") {
          expected?[part.lowerBound + $0].bitPattern ?? 0
        }
      }
      let isFinite = try exchange.areFinite(pool)
      guard isFinite else { throw CheckFailure(description: "finite sums are said not to be") }
      exchange.completeSums(pool, batch: rows)
      let found = pool.withSums(at: 0) { sums in (0..<count).map { sums[$0].bitPattern } }
      try expect(found, "the sum of \(shards) shards of \(rows) rows") {
        expected?[$0].bitPattern ?? 0
      }
      // No rank writes what another one reads.
      try world.barrier()
    }
  }

  /// Has each rank update its part, and a sum become infinite on one of them.
  private static func exchangeUpdates(
    _ count: Int, _ world: Communicator, sharesMemory: Bool
  ) throws {
    let tree = ShardTree(shardCount: 8)
    let range = 32..<32 + count
    let exchange = try GradientExchange(
      GradientVector(range: range), tree: tree, group: world, reduction: .invariant,
      sharesMemory: sharesMemory)
    let parts = try world.allGather(exchange.part.count).reduce(0, +)
    let expectedParts = sharesMemory || world.size == 1 ? count : count * world.size
    try expect([parts], "the floats that ranks update") { _ in expectedParts }
    for place in [nil, 0, count / 2, count - 1] {
      let pool = exchange.makePool()
      exchange.sumShards(pool) { shard, buffer in
        var values = buffer.mutableSpan(range)
        for i in 0..<count { values[i] = i == place ? 3e38 : 1 }
        return true
      }
      try exchange.sumRanks(pool, batch: 8)
      let isFinite = try exchange.areFinite(pool)
      try expect([isFinite], "whether sums with \(place ?? -1) infinite are finite") { _ in
        place == nil
      }
    }
    var parameters = Buffer(count: range.upperBound + 5)
    var moments = Buffer(count: count)
    for i in exchange.part {
      set(Float(i + 1), at: range.lowerBound + i, of: &parameters)
      set(Float(-i - 1), at: i, of: &moments)
    }
    try exchange.shareUpdates(of: &parameters)
    try exchange.gather(&moments)
    let values = parameters.span
    try expect((0..<values.count).map { values[$0] }, "the parameters") {
      range.contains($0) ? Float($0 - range.lowerBound + 1) : 0
    }
    let gathered = moments.span
    try expect((0..<gathered.count).map { gathered[$0] }, "the moments") { Float(-$0 - 1) }
  }

  private static func set(_ value: Float, at index: Int, of buffer: inout Buffer) {
    var floats = buffer.mutableSpan
    floats[index] = value
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
