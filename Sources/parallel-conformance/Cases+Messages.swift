import MPI

extension Case {
  /// Messages between two ranks.
  static let messages = [
    Case("send-receive", "a ring passes its elements on") { world, _ in
      let next = (world.rank + 1) % world.size
      let previous = (world.rank + world.size - 1) % world.size
      for count in counts {
        let own = contributions(of: world.rank, count: count, as: Float.self)
        var received = [Float](repeating: -1, count: count + 1)
        var span = received.mutableSpan
        let envelope = try world.sendReceive(
          own.span, to: next, into: &span, from: previous, tag: 5)
        try expect(envelope.source, equals: previous, "the sender")
        try expect(envelope.tag, equals: 5, "the tag")
        try expect(envelope.count(of: Float.self), equals: count, "the elements received")
        try expect(received, "elements from the previous rank") {
          $0 < count ? contribution(of: previous, at: $0) : -1
        }
      }
    },
    Case("exchange", "pairs of ranks swap halves of one buffer") { world, _ in
      let peer = world.rank ^ 1
      guard peer < world.size else { return }
      for count in counts {
        var values = contributions(of: world.rank, count: 2 * count, as: Float.self)
        var span = values.mutableSpan
        let (lower, upper) = (0..<count, count..<2 * count)
        let isLower = world.rank < peer
        try world.exchange(
          &span, sending: isLower ? lower : upper, receiving: isLower ? upper : lower, with: peer)
        let (first, second) = (min(world.rank, peer), max(world.rank, peer))
        try expect(values, "halves of \(first) and \(second)") {
          contribution(of: $0 < count ? first : second, at: $0)
        }
      }
    },
    Case("send", "rank 0 sends to every rank, which answers") { world, _ in
      for count in counts {
        for peer in 1..<max(1, world.size) where world.rank == 0 || world.rank == peer {
          try sendAndAnswer(world, count: count, peer: peer)
        }
      }
    },
    Case("probe", "rank 0 receives from any rank messages whose sizes it learns first") {
      world, _ in
      if world.rank > 0 {
        let own = contributions(of: world.rank, count: 10 * world.rank, as: Int64.self)
        return try world.send(own.span, to: 0, tag: world.rank + 100)
      }
      var sources: Set<Int> = []
      while sources.count < world.size - 1 {
        // The first half waits in MPI, the second half asks now and then.
        let waits = sources.count < world.size / 2
        guard let envelope = waits ? try world.probe() : try world.immediateProbe() else {
          continue
        }
        try receive(envelope, world)
        sources.insert(envelope.source)
      }
      try expect(try world.immediateProbe(), equals: nil, "messages left over")
    },
  ]

  private static func sendAndAnswer(_ world: Communicator, count: Int, peer: Int) throws {
    var values = contributions(of: world.rank, count: count, as: Double.self)
    if world.rank == 0 {
      try world.send(values.span, to: peer, tag: 1)
      var span = values.mutableSpan
      try world.receive(into: &span, from: peer, tag: 2)
      try expect(values, "answer of \(peer)") { contribution(of: peer, at: $0) }
    } else {
      var received = [Double](repeating: -1, count: count)
      var span = received.mutableSpan
      try world.receive(into: &span, from: 0, tag: 1)
      try world.send(values.span, to: 0, tag: 2)
      try expect(received, "question to \(peer)") { contribution(of: 0, at: $0) }
    }
  }

  private static func receive(_ envelope: Envelope, _ world: Communicator) throws {
    let source = envelope.source
    try expect(envelope.tag, equals: source + 100, "the tag of rank \(source)")
    try expect(
      envelope.count(of: Int64.self), equals: 10 * source, "the size of \(source)'s message")
    var values = [Int64](repeating: -1, count: envelope.count(of: Int64.self))
    var span = values.mutableSpan
    let received = try world.receive(into: &span, from: source, tag: envelope.tag)
    try expect(received, equals: envelope, "the message received")
    try expect(values, "elements of \(source)") { contribution(of: source, at: $0) }
  }
}
