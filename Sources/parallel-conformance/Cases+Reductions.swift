import MPI

extension Case {
  /// Combinations of all ranks' elements.
  static let reductions = [
    Case("all-reduce", "sum, product, least and greatest on every rank, for every type") {
      world, _ in
      try allReduce(Float.self, world)
      try allReduce(Double.self, world)
      try allReduce(Int32.self, world)
      try allReduce(Int64.self, world)
      try allReduce(Int.self, world)
      try allReduce(UInt64.self, world)
      // Products would not fit into a byte.
      try sum(UInt8.self, world)
      try bits(world)
    },
    Case("reduce", "sums at every root; other ranks keep their elements") { world, _ in
      for root in 0..<world.size {
        for count in counts { try reduce(world, count: count, at: root) }
      }
    },
    Case("reduce-scatter", "every rank gets its block of the sum, empty blocks included") {
      world, _ in
      for count in counts { try reduceScatter(world, largest: count) }
    },
  ]

  /// What the contributions of all ranks sum up to.
  private static func total<Element: Numeric>(at index: Int, _ world: Communicator) -> Element {
    (0..<world.size).reduce(0) { $0 + contribution(of: $1, at: index) }
  }

  private static func sum<Element: MessageElement & Numeric>(
    _ type: Element.Type, _ world: Communicator
  ) throws {
    for count in counts {
      var values = contributions(of: world.rank, count: count, as: type)
      var result = [Element](repeating: 0, count: count)
      var resultSpan = result.mutableSpan
      try world.allReduce(values.span, .sum, into: &resultSpan)
      try expect(result, "sum of \(type)") { total(at: $0, world) }
      try expect(values, "summed \(type)") { contribution(of: world.rank, at: $0) }
      var span = values.mutableSpan
      try world.allReduce(&span, .sum)
      try expect(values, "sum of \(type) in place") { total(at: $0, world) }
    }
  }

  private static func allReduce<Element: MessageElement & Numeric>(
    _ type: Element.Type, _ world: Communicator
  ) throws {
    try sum(type, world)
    let own: Element = contribution(of: world.rank, at: 1)
    try expect(try world.allReduce(own, .sum), equals: total(at: 1, world), "sum of \(type)")
    try expect(
      try world.allReduce(own, .product),
      equals: (0..<world.size).reduce(1) { $0 * contribution(of: $1, at: 1) }, "product of \(type)")
    try expect(
      try world.allReduce(own, .min), equals: contribution(of: 0, at: 1), "least \(type)")
    try expect(
      try world.allReduce(own, .max), equals: contribution(of: world.size - 1, at: 1),
      "greatest \(type)")
  }

  private static func bits(_ world: Communicator) throws {
    let own: UInt64 = 1 << UInt64(world.rank)
    let all: UInt64 = (1 << UInt64(world.size)) - 1
    try expect(try world.allReduce(own, .bitwiseOr), equals: all, "any bit")
    try expect(try world.allReduce(own, .bitwiseXor), equals: all, "odd bits")
    try expect(
      try world.allReduce(own | 1 << 40, .bitwiseAnd),
      equals:
        1 << 40 | (world.size == 1 ? 1 : 0), "common bits")
  }

  private static func reduce(_ world: Communicator, count: Int, at root: Int) throws {
    var values = contributions(of: world.rank, count: count, as: Double.self)
    var result = [Double](repeating: -1, count: world.rank == root ? count : 0)
    var resultSpan = result.mutableSpan
    try world.reduce(values.span, .sum, into: &resultSpan, at: root)
    if world.rank == root { try expect(result, "sum at \(root)") { total(at: $0, world) } }
    var span = values.mutableSpan
    try world.reduce(&span, .sum, at: root)
    try expect(values, "sum at \(root), in place") {
      world.rank == root ? total(at: $0, world) : contribution(of: world.rank, at: $0)
    }
  }

  private static func reduceScatter(_ world: Communicator, largest: Int) throws {
    // Blocks of largest, 0, largest, 0 ... elements.
    let blocks = try Blocks(counts: (0..<world.size).map { $0.isMultiple(of: 2) ? largest : 0 })
    let own = blocks[world.rank]
    var values = contributions(of: world.rank, count: blocks.total, as: Float.self)
    var result = [Float](repeating: -1, count: own.count)
    var resultSpan = result.mutableSpan
    try world.reduceScatter(values.span, .sum, blocks: blocks, into: &resultSpan)
    try expect(result, "block of a sum") { total(at: own.lowerBound + $0, world) }
    var span = values.mutableSpan
    try world.reduceScatter(&span, .sum, blocks: blocks)
    try expect(Array(values.prefix(own.count)), "block of a sum, in place") {
      total(at: own.lowerBound + $0, world)
    }
  }
}
