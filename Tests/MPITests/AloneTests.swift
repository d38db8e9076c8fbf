import Testing

import MPI

/// The communicator of one process, which never calls MPI.
@Suite struct AloneTests {
  private static let counts = [0, 1, 7, 15, 16, 17, 1_024]

  @Test func `it has one rank, and so have the communicators made from it`() throws {
    for made in [
      Communicator.alone, try .alone.duplicate(), try .alone.split(color: 3, key: -1),
      try .alone.splitByNode(), try #require(try Communicator.alone.subgroup(isMember: true)),
    ] {
      #expect(made.rank == 0)
      #expect(made.size == 1)
      #expect(throws: Never.self) { try made.barrier() }
    }
    #expect(try Communicator.alone.subgroup(isMember: false) == nil)
    #expect(Runtime.threadLevel == nil)
  }

  @Test(arguments: counts)
  func `collectives in place change nothing`(count: Int) throws {
    let world = Communicator.alone
    let original = (0..<count).map { Float($0) }
    let blocks = try Blocks(counts: [count])
    var values = original
    var span = values.mutableSpan
    try world.broadcast(&span)
    try world.reduce(&span, .sum)
    try world.allReduce(&span, .max)
    try world.reduceScatter(&span, .sum, blocks: blocks)
    try world.gather(&span, blocks: blocks)
    try world.allGather(&span, blocks: blocks)
    try world.scatter(&span, blocks: blocks)
    try world.allToAll(&span)
    try world.allToAll(&span, blocks: blocks)
    #expect(values == original)
  }

  @Test(arguments: counts)
  func `collectives out of place copy`(count: Int) throws {
    let world = Communicator.alone
    let values = (0..<count).map { Double($0) }
    let blocks = try Blocks(counts: [count])
    func expectCopy(
      _ collective: (Span<Double>, inout MutableSpan<Double>) throws -> Void
    ) throws {
      var result = [Double](repeating: -1, count: count)
      var span = result.mutableSpan
      try collective(values.span, &span)
      #expect(result == values)
    }
    try expectCopy { try world.reduce($0, .sum, into: &$1) }
    try expectCopy { try world.allReduce($0, .min, into: &$1) }
    try expectCopy { try world.reduceScatter($0, .sum, blocks: blocks, into: &$1) }
    try expectCopy { try world.gather($0, into: &$1) }
    try expectCopy { try world.gather($0, blocks: blocks, into: &$1) }
    try expectCopy { try world.allGather($0, into: &$1) }
    try expectCopy { try world.allGather($0, blocks: blocks, into: &$1) }
    try expectCopy { try world.scatter($0, into: &$1) }
    try expectCopy { try world.scatter($0, blocks: blocks, into: &$1) }
    try expectCopy { try world.allToAll($0, into: &$1) }
    try expectCopy { try world.allToAll($0, blocks: blocks, into: &$1, blocks: blocks) }
    try expectCopy { try world.sendReceive($0, to: 0, into: &$1, from: 0) }
    try expectCopy { values, result in
      let isComplete = try world.allReducing(values, .sum, into: &result) { poll in poll() }
      #expect(isComplete)
    }
    try expectCopy { values, result in
      let isComplete = try world.allGathering(values, blocks: blocks, into: &result) { $0() }
      #expect(isComplete)
    }
  }

  @Test func `single values come back`() throws {
    let world = Communicator.alone
    #expect(try world.allReduce(Float(2.5), .sum) == 2.5)
    #expect(try world.allReduce(7, .bitwiseXor) == 7)
    #expect(try world.allGather(UInt8(3)) == [3])
    var value: Int32 = 4
    try world.broadcast(&value)
    #expect(value == 4)
    var text = Array("expert".utf8)
    try world.broadcast(&text)
    #expect(text == Array("expert".utf8))
  }

  @Test func `an exchange with itself copies within the buffer`() throws {
    var values: [Int] = [1, 2, 3, 4, 5]
    var span = values.mutableSpan
    let envelope = try Communicator.alone.exchange(
      &span, sending: 0..<2, receiving: 3..<5, with: 0, tag: 8)
    #expect(values == [1, 2, 3, 1, 2])
    #expect(envelope.source == 0)
    #expect(envelope.tag == 8)
    #expect(envelope.sizeInBytes == 16)
    #expect(envelope.count(of: Int.self) == 2)
  }

  @Test func `there is no one to send to or to receive from`() throws {
    let world = Communicator.alone
    var values: [Float] = [1]
    #expect(throws: MPIError.noSuchRank(1, routine: "MPI_Send", rank: 0, size: 1)) {
      try world.send([Float(1)].span, to: 1)
    }
    #expect(throws: MPIError.messageToItself(routine: "MPI_Send", rank: 0, size: 1)) {
      try world.send([Float(1)].span, to: 0)
    }
    #expect(throws: MPIError.noOtherRank(routine: "MPI_Recv")) {
      var span = values.mutableSpan
      try world.receive(into: &span)
    }
    #expect(throws: MPIError.noOtherRank(routine: "MPI_Probe")) { try world.probe() }
    #expect(try world.immediateProbe() == nil)
    #expect(throws: MPIError.noSuchRank(1, routine: "MPI_Bcast", rank: 0, size: 1)) {
      var span = values.mutableSpan
      try world.broadcast(&span, from: 1)
    }
  }

  @Test func `a result of another size is a mistake`() async {
    await #expect(processExitsWith: .failure) {
      var result: [Float] = [0]
      var span = result.mutableSpan
      try Communicator.alone.allReduce([Float(1), 2].span, .sum, into: &span)
    }
  }

  @Test func `blocks for another number of ranks are a mistake`() async {
    await #expect(processExitsWith: .failure) {
      var values: [Float] = [0, 1]
      var span = values.mutableSpan
      try Communicator.alone.allGather(&span, blocks: Blocks(counts: [1, 1]))
    }
  }

  @Test(arguments: [-1, 32_768])
  func `a tag that not every MPI library offers is a mistake`(tag: Int) async {
    await #expect(processExitsWith: .failure) { [tag] in
      var values: [Float] = [0, 1]
      var span = values.mutableSpan
      try Communicator.alone.exchange(
        &span, sending: 0..<1, receiving: 1..<2, with: 0, tag: tag)
    }
  }

  @Test func `overlapping ranges of an exchange are a mistake`() async {
    await #expect(processExitsWith: .failure) {
      var values: [Float] = [0, 1, 2]
      var span = values.mutableSpan
      try Communicator.alone.exchange(&span, sending: 0..<2, receiving: 1..<3, with: 0)
    }
  }
}
