import MPI

extension Case {
  /// Operations that go on while a body runs.
  static let overlaps = [
    Case("overlap-collectives", "collectives complete while a body polls, and without polling") {
      world, _ in
      for polls in [false, true] {
        for count in counts {
          try overlapReductions(world, count: count, polls: polls)
          try overlapCopies(world, count: count, polls: polls)
        }
      }
    },
    Case("overlap-messages", "every rank sends to the next one while it receives") { world, _ in
      guard world.size > 1 else { return }
      let next = (world.rank + 1) % world.size
      let previous = (world.rank + world.size - 1) % world.size
      for count in counts {
        let own = contributions(of: world.rank, count: count, as: Float.self)
        var received = [Float](repeating: -1, count: count)
        var span = received.mutableSpan
        let envelope = try world.sending(own.span, to: next, tag: 3) { _ throws(MPIError) in
          try world.receiving(into: &span, from: previous, tag: 3) { poll in
            while !poll() {}
          }
        }
        try expect(envelope.count(of: Float.self), equals: count, "the elements received")
        try expect(received, "from the previous rank") { contribution(of: previous, at: $0) }
      }
    },
    Case("overlap-error", "errors of the body and of MPI come out") { world, _ in
      guard world.size > 1 else { return }
      let planned = MPIError.countTooLarge(3, limit: 2, routine: "a test")
      var values: [Float] = [1, 2, 3]
      var span = values.mutableSpan
      let cancelled = try caught("a receive that never gets a message") { () throws(MPIError) in
        try world.receiving(into: &span, tag: 9) { _ throws(MPIError) in throw planned }
      }
      try expect(cancelled, equals: planned, "the body's error")
      let completed = try caught("a sum") { () throws(MPIError) in
        try world.allReducing(&span, .sum) { _ throws(MPIError) in throw planned }
      }
      try expect(completed, equals: planned, "the body's error")
      try world.barrier()
      try expect(values, "the sum") { Float(world.size * ($0 + 1)) }
      for polls in [false, true] { try overlapTruncation(world, polls: polls) }
    },
  ]

  /// Receives three elements into room for two, on rank 1.
  private static func overlapTruncation(_ world: Communicator, polls: Bool) throws {
    let values: [Float] = [1, 2, 3]
    if world.rank == 0 { try world.send(values.span, to: 1) }
    guard world.rank == 1 else { return }
    var room: [Float] = [0, 0]
    var span = room.mutableSpan
    let error = try caught("three elements into two") { () throws(MPIError) in
      try world.receiving(into: &span, from: 0) { poll in
        _ = meanwhile(polls, poll)
        // Asking again must not make the error go away.
        _ = meanwhile(polls, poll)
      }
    }
    guard case .routineFailed("MPI_Irecv", 1, world.size, 15, _) = error else {
      throw CheckFailure(description: "expected MPI_Irecv to fail with code 15, found: \(error)")
    }
  }

  /// Polls until an operation is complete, or not at all; returns a value as any body may.
  private static func meanwhile(
    _ polls: Bool, _ poll: Communicator.Poll
  ) -> Int {
    while polls, !poll() {}
    return 42
  }

  private static func overlapReductions(_ world: Communicator, count: Int, polls: Bool) throws {
    let sum = { (index: Int) -> Float in
      (0..<world.size).reduce(0) { $0 + contribution(of: $1, at: index) }
    }
    var values = contributions(of: world.rank, count: count, as: Float.self)
    var result = [Float](repeating: -1, count: count)
    var resultSpan = result.mutableSpan
    let answer = try world.allReducing(values.span, .sum, into: &resultSpan) { poll in
      meanwhile(polls, poll)
    }
    try expect(answer, equals: 42, "the body's result")
    try expect(result, "sum", equals: sum)
    var span = values.mutableSpan
    _ = try world.allReducing(&span, .sum) { meanwhile(polls, $0) }
    try expect(values, "sum in place", equals: sum)
  }

  private static func overlapCopies(_ world: Communicator, count: Int, polls: Bool) throws {
    var copied = contributions(of: world.rank, count: count, as: UInt8.self)
    var copiedSpan = copied.mutableSpan
    _ = try world.broadcasting(&copiedSpan, from: world.size - 1) { meanwhile(polls, $0) }
    try expect(copied, "broadcast") { contribution(of: world.size - 1, at: $0) }

    let blocks = try Blocks(counts: Array(repeating: count, count: world.size))
    let own = contributions(of: world.rank, count: count, as: Double.self)
    var gathered = [Double](repeating: -1, count: blocks.total)
    var gatheredSpan = gathered.mutableSpan
    _ = try world.allGathering(own.span, blocks: blocks, into: &gatheredSpan) {
      meanwhile(polls, $0)
    }
    try expect(gathered, "gathered") { contribution(of: $0 / count, at: $0 % count) }
    _ = try world.awaitingBarrier { meanwhile(polls, $0) }
  }
}
