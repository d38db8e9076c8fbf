import MPI

extension Case {
  /// Elements that every rank has for every other.
  static let exchanges = [
    Case("all-to-all", "equal parts change places, out of place and in place") { world, _ in
      for count in counts { try equalParts(world, count: count) }
    },
    Case("all-to-all-blocks", "uneven blocks change places, empty ones included") { world, _ in
      for count in counts {
        try unevenBlocks(world, count: count)
        try symmetricBlocks(world, count: count)
      }
    },
  ]

  /// The element at an index of what one rank has for another.
  private static func element(from source: Int, to destination: Int, at index: Int) -> Float {
    Float(1_000 * source + 100 * destination + index % 89)
  }

  private static func equalParts(_ world: Communicator, count: Int) throws {
    let outgoing = (0..<world.size).flatMap { destination in
      (0..<count).map { element(from: world.rank, to: destination, at: $0) }
    }
    let expected = { (index: Int) in
      element(from: index / count, to: world.rank, at: index % count)
    }
    var incoming = [Float](repeating: -1, count: outgoing.count)
    var incomingSpan = incoming.mutableSpan
    try world.allToAll(outgoing.span, into: &incomingSpan)
    try expect(incoming, "parts", equals: expected)

    var inPlace = outgoing
    var inPlaceSpan = inPlace.mutableSpan
    try world.allToAll(&inPlaceSpan)
    try expect(inPlace, "parts in place", equals: expected)
  }

  /// Sends `size(source, destination)` elements between any two ranks.
  private static func blocks(
    _ world: Communicator, _ size: (_ source: Int, _ destination: Int) -> Int
  ) throws -> (outgoing: Blocks, sent: [Float], incoming: Blocks, expected: [Float]) {
    let ranks = 0..<world.size
    return (
      try Blocks(counts: ranks.map { size(world.rank, $0) }),
      ranks.flatMap { peer in
        (0..<size(world.rank, peer)).map { element(from: world.rank, to: peer, at: $0) }
      },
      try Blocks(counts: ranks.map { size($0, world.rank) }),
      ranks.flatMap { peer in
        (0..<size(peer, world.rank)).map { element(from: peer, to: world.rank, at: $0) }
      }
    )
  }

  private static func unevenBlocks(_ world: Communicator, count: Int) throws {
    let (outgoing, sent, incoming, expected) = try blocks(world) { source, destination in
      (source + 2 * destination).isMultiple(of: 3) ? 0 : count + 2 * source + destination
    }
    var received = [Float](repeating: -1, count: incoming.total)
    var receivedSpan = received.mutableSpan
    try world.allToAll(sent.span, blocks: outgoing, into: &receivedSpan, blocks: incoming)
    try expect(received, equals: expected, "blocks")
  }

  private static func symmetricBlocks(_ world: Communicator, count: Int) throws {
    let (outgoing, sent, _, expected) = try blocks(world) { source, destination in
      count + source + destination
    }
    var values = sent
    var span = values.mutableSpan
    try world.allToAll(&span, blocks: outgoing)
    try expect(values, equals: expected, "blocks in place")
  }
}
