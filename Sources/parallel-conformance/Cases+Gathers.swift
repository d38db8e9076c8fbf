import MPI

extension Case {
  /// Blocks of all ranks brought together, and handed out.
  static let gathers = [
    Case("gather", "blocks of all ranks at every root, out of place and in place") { world, _ in
      for root in 0..<world.size {
        for count in counts { try gather(world, count: count, at: root) }
      }
    },
    Case("all-gather", "blocks of all ranks on every rank, out of place and in place") {
      world, _ in
      for count in counts { try allGather(world, count: count) }
      try expect(
        try world.allGather(world.rank * 3), equals: (0..<world.size).map { $0 * 3 }, "one each")
    },
    Case("scatter", "every root's blocks reach their ranks, out of place and in place") {
      world, _ in
      for root in 0..<world.size {
        for count in counts { try scatter(world, count: count, from: root) }
      }
    },
  ]

  /// Blocks that grow by one element from rank to rank, the second one empty.
  private static func uneven(_ world: Communicator, count: Int) throws(MPIError) -> Blocks {
    try Blocks(counts: (0..<world.size).map { $0 == 1 ? 0 : count + $0 })
  }

  /// The elements of all blocks, every block contributed by its rank.
  private static func whole(_ blocks: Blocks) -> [Float] {
    (0..<blocks.count).flatMap { contributions(of: $0, count: blocks[$0].count) }
  }

  /// The elements of all blocks as one rank has them before a gathering in place.
  private static func onlyOwn(_ blocks: Blocks, _ rank: Int) -> [Float] {
    (0..<blocks.count).flatMap { block -> [Float] in
      block == rank
        ? contributions(of: rank, count: blocks[block].count)
        : Array(repeating: -1, count: blocks[block].count)
    }
  }

  private static func gather(_ world: Communicator, count: Int, at root: Int) throws {
    let blocks = try uneven(world, count: count)
    let own = contributions(of: world.rank, count: blocks[world.rank].count, as: Float.self)
    let isRoot = world.rank == root

    var all = [Float](repeating: -1, count: isRoot ? blocks.total : 0)
    var allSpan = all.mutableSpan
    try world.gather(own.span, blocks: blocks, into: &allSpan, at: root)
    if isRoot { try expect(all, equals: whole(blocks), "blocks at \(root)") }

    var inPlace = onlyOwn(blocks, world.rank)
    var inPlaceSpan = inPlace.mutableSpan
    try world.gather(&inPlaceSpan, blocks: blocks, at: root)
    try expect(
      inPlace, equals: isRoot ? whole(blocks) : onlyOwn(blocks, world.rank), "blocks in place")

    let equal = contributions(of: world.rank, count: count, as: Float.self)
    var parts = [Float](repeating: -1, count: isRoot ? count * world.size : 0)
    var partsSpan = parts.mutableSpan
    try world.gather(equal.span, into: &partsSpan, at: root)
    if isRoot {
      try expect(parts, "parts at \(root)") { contribution(of: $0 / count, at: $0 % count) }
    }
  }

  private static func allGather(_ world: Communicator, count: Int) throws {
    let blocks = try uneven(world, count: count)
    let own = contributions(of: world.rank, count: blocks[world.rank].count, as: Float.self)

    var all = [Float](repeating: -1, count: blocks.total)
    var allSpan = all.mutableSpan
    try world.allGather(own.span, blocks: blocks, into: &allSpan)
    try expect(all, equals: whole(blocks), "blocks")

    var inPlace = onlyOwn(blocks, world.rank)
    var inPlaceSpan = inPlace.mutableSpan
    try world.allGather(&inPlaceSpan, blocks: blocks)
    try expect(inPlace, equals: whole(blocks), "blocks in place")

    let equal = contributions(of: world.rank, count: count, as: Float.self)
    var parts = [Float](repeating: -1, count: count * world.size)
    var partsSpan = parts.mutableSpan
    try world.allGather(equal.span, into: &partsSpan)
    try expect(parts, "parts") { contribution(of: $0 / count, at: $0 % count) }
  }

  private static func scatter(_ world: Communicator, count: Int, from root: Int) throws {
    let blocks = try uneven(world, count: count)
    let isRoot = world.rank == root
    let own = contributions(of: world.rank, count: blocks[world.rank].count, as: Float.self)

    var block = [Float](repeating: -1, count: own.count)
    var blockSpan = block.mutableSpan
    try world.scatter(
      (isRoot ? whole(blocks) : []).span, blocks: blocks, into: &blockSpan, from: root)
    try expect(block, equals: own, "block from \(root)")

    var inPlace = isRoot ? whole(blocks) : Array(repeating: -1, count: blocks.total)
    var inPlaceSpan = inPlace.mutableSpan
    try world.scatter(&inPlaceSpan, blocks: blocks, from: root)
    try expect(
      inPlace, equals: isRoot ? whole(blocks) : onlyOwn(blocks, world.rank), "block in place")

    let equal: [Float] = (0..<(isRoot ? world.size : 0)).flatMap {
      contributions(of: $0, count: count)
    }
    var part = [Float](repeating: -1, count: count)
    var partSpan = part.mutableSpan
    try world.scatter(equal.span, into: &partSpan, from: root)
    try expect(part, "part from \(root)") { contribution(of: world.rank, at: $0) }
  }
}
