import Testing

import MPI

@Suite struct BlocksTests {
  @Test func `blocks follow one another, empty ones included`() throws {
    let blocks = try Blocks(counts: [3, 0, 1, 7])
    #expect(blocks.count == 4)
    #expect(blocks.total == 11)
    #expect((0..<4).map { blocks[$0] } == [0..<3, 3..<3, 3..<4, 4..<11])
  }

  @Test func `there may be no block at all`() throws {
    let blocks = try Blocks(counts: [])
    #expect(blocks.count == 0)
    #expect(blocks.total == 0)
  }

  @Test func `more elements than MPI can count are an error`() throws {
    let limit = Int(Int32.max)
    #expect(try Blocks(counts: [limit - 1, 1, 0]).total == limit)
    let error = MPIError.countTooLarge(
      limit + 1, limit: limit, routine: "blocks of a collective")
    #expect(throws: error) { try Blocks(counts: [limit, 1]) }
  }

  @Test func `blocks can be laid anew`() throws {
    var blocks = try Blocks(counts: [3, 0, 1])
    try blocks.replace(counts: [0, 2, 5], times: 4)
    #expect(blocks == (try Blocks(counts: [0, 8, 20])))
    let error = MPIError.countTooLarge(
      3 << 30, limit: Int(Int32.max), routine: "blocks of a collective")
    #expect(throws: error) { try blocks.replace(counts: [1, 2, 0], times: 1 << 30) }
  }

  @Test func `blocks can begin at multiples of a stride`() throws {
    var blocks = Blocks(ranks: 3)
    try blocks.replace(counts: [2, 0, 1], times: 2, stride: 5)
    #expect((0..<3).map { blocks[$0] } == [0..<4, 5..<5, 10..<12])
    #expect(blocks.total == 6 && blocks.end == 12)
    let error = MPIError.countTooLarge(
      (1 << 31) + 1, limit: Int(Int32.max), routine: "blocks of a collective")
    #expect(throws: error) { try blocks.replace(counts: [1, 1, 1], times: 1, stride: 1 << 30) }
  }

  @Test func `blocks larger than their stride are a mistake`() async {
    await #expect(processExitsWith: .failure) {
      var blocks = Blocks(ranks: 2)
      try blocks.replace(counts: [3, 1], times: 1, stride: 2)
    }
  }

  @Test func `a negative count is a mistake`() async {
    await #expect(processExitsWith: .failure) { _ = try Blocks(counts: [1, -1]) }
  }
}
