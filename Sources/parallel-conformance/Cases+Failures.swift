import Foundation
import MPI

/// An error that a test asked for, and the exit code it asked for.
struct DeliberateFailure: Error, CustomStringConvertible {
  let exitCode: Int32
  var description: String { "a deliberate failure" }
}

extension Case {
  /// What goes wrong, and how the job ends then.
  static let failures = [
    Case("fail", "fail RANK CODE: one rank throws while the others wait for it") {
      world, arguments in
      if world.rank == number(arguments, 0) {
        throw DeliberateFailure(exitCode: Int32(number(arguments, 1)))
      }
      try world.barrier()
    },
    // Rank 0 ends the others long before their time, however slow the machine is.
    Case(
      "fail-everywhere", "fail-everywhere CODE: all ranks throw the same error",
      patience: .seconds(100)
    ) { _, arguments in
      throw DeliberateFailure(exitCode: Int32(number(arguments, 0)))
    },
    Case("abort", "abort RANK CODE: one rank ends the job while the others wait for it") {
      world, arguments in
      if world.rank == number(arguments, 0) {
        Runtime.abort(exitCode: Int32(number(arguments, 1)))
      }
      try world.barrier()
    },
    Case("kill", "kill RANK: one rank writes a line and is killed at once") { world, arguments in
      if world.rank == number(arguments, 0) {
        print("last words of rank \(world.rank)")
        kill(getpid(), SIGKILL)
      }
      try world.barrier()
    },
    Case("hang", "hang RANK: one rank never comes to a barrier") { world, arguments in
      while world.rank == number(arguments, 0) { Thread.sleep(forTimeInterval: 1) }
      try world.barrier()
    },
    Case("restart", "MPI is started a second time") { _, _ in
      Runtime.run { _ in }
    },
    Case("errors", "impossible requests and MPI's own failures are typed errors") { world, _ in
      try refusedMessages(world)
      try refusedCounts(world)
      try truncatedMessage(world)
      try world.barrier()
    },
  ]

  /// A numeric argument, zero if it is missing.
  private static func number(_ arguments: [String], _ index: Int) -> Int {
    index < arguments.count ? Int(arguments[index]) ?? 0 : 0
  }

  private static func refusedMessages(_ world: Communicator) throws {
    let values: [Float] = [1]
    for peer in [-1, world.size] {
      let missing = try caught("sending to \(peer)") { () throws(MPIError) in
        try world.send(values.span, to: peer)
      }
      try expect(
        missing,
        equals: .noSuchRank(peer, routine: "MPI_Send", rank: world.rank, size: world.size),
        "sending to \(peer)")
    }
    let own = try caught("sending to itself") { () throws(MPIError) in
      try world.send(values.span, to: world.rank)
    }
    try expect(
      own, equals: .messageToItself(routine: "MPI_Send", rank: world.rank, size: world.size),
      "sending to itself")
    var root = 0
    let noRoot = try caught("broadcasting") { () throws(MPIError) in
      try world.broadcast(&root, from: world.size)
    }
    try expect(
      noRoot,
      equals: .noSuchRank(
        world.size, routine: "MPI_Bcast", rank: world.rank, size: world.size),
      "broadcasting from rank \(world.size)")
  }

  private static func refusedCounts(_ world: Communicator) throws {
    guard world.size > 1 else { return }
    let group = try world.duplicate()
    group.largestCount = 4
    let values = [Float](repeating: 0, count: 5)
    let tooMany = try caught("five elements") { () throws(MPIError) in
      try group.send(values.span, to: (group.rank + 1) % group.size)
    }
    try expect(
      tooMany, equals: .countTooLarge(5, limit: 4, routine: "MPI_Send"), "five elements")
  }

  private static func truncatedMessage(_ world: Communicator) throws {
    guard world.size > 1, world.rank < 2 else { return }
    let values: [Float] = [1, 2, 3]
    if world.rank == 0 { return try world.send(values.span, to: 1) }
    var room: [Float] = [0, 0]
    var span = room.mutableSpan
    let error = try caught("three elements into two") { () throws(MPIError) in
      try world.receive(into: &span, from: 0)
    }
    print(error)
    guard case .routineFailed("MPI_Recv", 1, world.size, 15, let text) = error else {
      throw CheckFailure(description: "expected MPI_Recv to fail with code 15, found: \(error)")
    }
    try expect(text.contains("MPI_ERR_TRUNCATE"), equals: true, "MPI's text in '\(text)'")
  }
}
