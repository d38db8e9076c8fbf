import Foundation
import MPI
import Training

extension Case {
  /// The queue of experts, with work that is only waiting.
  static let experts = [
    Case("expert-queue", "every expert is trained once, by fast and slow ranks") { world, _ in
      for slow in [0, world.size - 1] {
        for rows in [[], [7], [5, 5, 5], (1...10).map { 100 - $0 }] {
          try trainAll(rows, slow: slow, world)
        }
      }
    },
    Case("expert-queue-load", "while rank 0 has one expert, the others train all the rest") {
      world, _ in
      let count = 4 * world.size
      let desk = try ExpertDesk(rows: [Int](repeating: 1, count: count), world: world)
      var last: Int?
      while let expert = try desk.next(after: last) {
        if world.rank == 0, world.size > 1 { try attend(desk, untilEnd: count - 1) }
        last = expert
      }
      while try desk.serve() {}
      let own = try desk.owners().count { $0 == 0 }
      try expect(own, equals: world.size == 1 ? count : 1, "experts of rank 0")
    },
    Case(
      "expert-queue-stop", "expert-queue-stop RANK: one that is idle is asked to stop, and all do"
    ) {
      world, arguments in
      let idle = arguments.first.flatMap { Int($0) } ?? 0
      let desk = try ExpertDesk(rows: [Int](repeating: 1, count: world.size), world: world)
      let own = try desk.next(after: nil)
      if world.rank == idle {
        try expect(try desk.next(after: own) ?? -1, equals: -1, "the next expert")
        StopRequest.ask()
      } else {
        let end = ContinuousClock.now + .seconds(30)
        while !StopRequest.isAsked {
          guard .now < end else { throw CheckFailure(description: "not asked to stop") }
          Thread.sleep(forTimeInterval: 0.000_5)
          try desk.attend()
        }
        try desk.stop()
      }
      while try desk.serve() {}
      try expect(desk.isStopped, equals: true, "stopped")
    },
    Case("expert-queue-failure", "expert-queue-failure RANK: a rank fails, the others wait") {
      world, arguments in
      let failing = arguments.first.flatMap { Int($0) } ?? 0
      try trainAll((1...10).map { $0 }, slow: world.size - 1, world, failing: failing)
    },
  ]

  /// Answers until other ranks have ended a number of experts.
  private static func attend(_ desk: ExpertDesk, untilEnd count: Int) throws {
    var ended = 0
    while ended < count {
      try desk.attend()
      for case .ended in desk.takeNews() { ended += 1 }
    }
  }

  /// Lets the ranks take experts until none is left; returns their owners.
  @discardableResult
  private static func trainAll(
    _ rows: [Int], slow: Int, _ world: Communicator, failing: Int? = nil
  ) throws -> [Int] {
    let desk = try ExpertDesk(rows: rows, world: world)
    var own: [Int] = []
    var last: Int?
    while let expert = try desk.next(after: last) {
      // A group works on one thing: its ranks would meet in every step.
      try desk.group.barrier()
      if desk.group.rank == 0 { own.append(expert) }
      for _ in 0..<(world.rank == slow ? 200 : 2) {
        Thread.sleep(forTimeInterval: 0.000_5)
        try desk.attend()
      }
      if world.rank == failing { throw DeliberateFailure(exitCode: 9) }
      last = expert
    }
    while try desk.serve() {}
    let owners = try desk.owners()
    try expect(owners.count, equals: rows.count, "owners")
    try expect(
      own.sorted(), equals: owners.indices.filter { owners[$0] == world.rank },
      "experts of rank \(world.rank)")
    try expectNews(desk, experts: rows.count, world)
    return owners
  }

  /// Rank 0 of several has heard of every beginning and end, in an order that can be.
  private static func expectNews(_ desk: ExpertDesk, experts: Int, _ world: Communicator) throws {
    var begun: Set<Int> = []
    var ended: Set<Int> = []
    for event in desk.takeNews() {
      switch event {
      case .began(let assignment):
        try expect(begun.insert(assignment.expert.index).inserted, equals: true, "a beginning")
      case .ended(let assignment):
        try expect(begun.contains(assignment.expert.index), equals: true, "an end")
        try expect(ended.insert(assignment.expert.index).inserted, equals: true, "an end")
      default: throw CheckFailure(description: "expected news of experts, found \(event)")
      }
    }
    let hears = world.rank == 0 && world.size > 1
    try expect(begun.count, equals: hears ? experts : 0, "beginnings")
    try expect(ended.count, equals: hears ? experts : 0, "ends")
  }
}
