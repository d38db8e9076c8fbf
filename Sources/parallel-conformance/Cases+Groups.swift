import Foundation
import MPI
import Synchronization

extension Case {
  /// Communicators made from others.
  static let groups = [
    Case("split", "groups by parity have their own ranks and sums") { world, _ in
      let parity = world.rank % 2
      let group = try world.split(color: parity)
      try expect(group.size, equals: (world.size + 1 - parity) / 2, "the group's size")
      try expect(group.rank, equals: world.rank / 2, "the rank in the group")
      let members = stride(from: parity, to: world.size, by: 2)
      try expect(
        try group.allReduce(world.rank, .sum), equals: members.reduce(0, +), "the group's sum")
    },
    Case("split-key", "a key orders the ranks of a group") { world, _ in
      let reversed = try world.split(color: 0, key: -world.rank)
      try expect(reversed.rank, equals: world.size - 1 - world.rank, "the rank from behind")
    },
    Case("subgroup", "members get a communicator, others none") { world, _ in
      let isMember = world.rank > 0
      let group = try world.subgroup(isMember: isMember)
      try expect(group != nil, equals: isMember, "a communicator")
      guard let group else { return }
      try expect(group.size, equals: world.size - 1, "the group's size")
      try expect(group.rank, equals: world.rank - 1, "the rank in the group")
    },
    Case("duplicate", "messages of a duplicate are not mistaken for the original's") { world, _ in
      let other = try world.duplicate()
      try expect(other.rank, equals: world.rank, "the rank")
      try expect(other.size, equals: world.size, "the size")
      guard world.size > 1, world.rank < 2 else { return }
      let peer = 1 - world.rank
      var fromWorld: [Int] = [0]
      var fromOther: [Int] = [0]
      var worldSpan = fromWorld.mutableSpan
      var otherSpan = fromOther.mutableSpan
      try other.sending([2].span, to: peer) { _ throws(MPIError) in
        try world.sending([1].span, to: peer) { _ throws(MPIError) in
          _ = try world.receive(into: &worldSpan, from: peer)
        }
        try other.receive(into: &otherSpan, from: peer)
      }
      try expect(fromWorld, equals: [1], "the original's message")
      try expect(fromOther, equals: [2], "the duplicate's message")
    },
    Case("shared-core", "where ranks take all cores a thread stays on its rank's") { world, _ in
      let cores = try coresOfThread()
      let core = SharedCore()
      try expect(
        core != nil, equals: try world.splitByNode().size >= cores, "a shared core of \(cores)")
      guard let core else { return }
      let usable = Mutex(0)
      let thread = Thread {
        core.stay()
        usable.withLock { $0 = (try? coresOfThread()) ?? 0 }
      }
      thread.start()
      while !thread.isFinished { Thread.sleep(forTimeInterval: 0.000_5) }
      try expect(usable.withLock { $0 }, equals: 1, "cores of the thread")
      try expect(try coresOfThread(), equals: cores, "cores of the rank")
    },
    Case("node", "the ranks of one machine form a group") { world, _ in
      let node = try world.splitByNode()
      try expect(node.size, equals: world.size, "ranks on this machine")
      try expect(Runtime.hostName.isEmpty, equals: false, "an empty host name")
    },
    Case("many", "communicators are given back when they are no longer used") { world, _ in
      // Open MPI 4 numbers communicators with 16 bits: more at a time would fail.
      for round in 0..<70_000 {
        let sum = try world.split(color: 0).allReduce(1, .sum)
        try expect(sum, equals: world.size, "ranks in round \(round)")
      }
    },
  ]

  /// How many cores the calling thread may run on, as the system tells in a mask of hexadecimal digits.
  private static func coresOfThread() throws -> Int {
    let text = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
    guard let line = text.firstMatch(of: /\nCpus_allowed:\t([0-9a-f,]+)\n/) else {
      throw CheckFailure(description: "no mask of cores")
    }
    return line.1.reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
  }
}
