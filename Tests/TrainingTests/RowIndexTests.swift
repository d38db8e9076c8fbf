import CAllocations
import Kernels
import Testing
import Training

@Suite struct RowIndexTests {
  /// Numbers of rows: none, one, few, and powers of two and their neighbours, of which the slots are just enough.
  private static let capacities = [0, 1, 2, 7, 8, 9, 15, 16, 17, 97, 511, 512, 513]

  /// The distances between rows: one, a block of rows, a power of two, and two numbers whose multiples a golden
  /// ratio lays side by side, upwards and downwards from slot 0: long runs of slots that are taken.
  private static let distances: [Int32] = [1, 64, 1 << 20, 196_418, 317_811]

  /// Different rows of a table, as many as an index has room for.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - distance: that between two rows; `nil` for rows anywhere.
  ///   - stream: where random rows come from.
  /// - Returns: the rows, row 0 among them if there is a distance.
  private func rows(_ count: Int, distance: Int32?, _ stream: RandomStream) -> [Int32] {
    guard let distance else {
      var rows: Set<Int32> = []
      var counter = 0
      while rows.count < count {
        rows.insert(Int32(stream.integer(below: 1 << 31, at: counter)))
        counter += 1
      }
      return rows.sorted()
    }
    return (0..<count).map { Int32($0) * distance }
  }

  @Test(arguments: capacities, [nil] + distances)
  func `rows have the positions that a dictionary has for them`(capacity: Int, distance: Int32?) {
    var index = RowIndex(capacity: capacity)
    // Batches of many, few and many other rows: nothing of the last batch may be left.
    for (batch, count) in [capacity, (capacity + 2) / 3, capacity, capacity].enumerated() {
      let stream = RandomStream(seed: UInt64(capacity), purpose: .synthesis).derived(batch)
      let rows = rows(count, distance: distance, stream.derived(0))
      // Each row once or more, in any order.
      var asked = rows + rows + rows.prefix(count / 2)
      stream.derived(1).shuffle(&asked)
      var plain: [Int32: Int32] = [:]
      var found: [Int32] = []
      var expected: [Int32] = []
      for (query, row) in asked.enumerated() {
        let next = Int32(truncatingIfNeeded: stream.derived(2).bits(at: query))
        plain[row] = plain[row] ?? next
        expected.append(plain[row] ?? next)
        found.append(index.position(ofRow: row, orInsert: next))
      }
      #expect(found == expected, "batch \(batch)")
      index.removeAll()
    }
  }

  @Test(arguments: [0, Int32.max])
  func `the first and the last row there can be are kept and forgotten`(row: Int32) {
    var index = RowIndex(capacity: 1)
    #expect(index.position(ofRow: row, orInsert: 3) == 3)
    #expect(index.position(ofRow: row, orInsert: 4) == 3)
    index.removeAll()
    #expect(index.position(ofRow: row, orInsert: 5) == 5)
    #expect(index.position(ofRow: row, orInsert: 6) == 5)
  }

  @Test(arguments: capacities)
  func `batches allocate nothing`(capacity: Int) {
    var index = RowIndex(capacity: capacity)
    var sum: Int64 = 0
    begin_counting_allocations()
    for _ in 0..<3 {
      for row in 0..<Int32(capacity) { sum += Int64(index.position(ofRow: 5 * row, orInsert: row)) }
      index.removeAll()
    }
    let count = end_counting_allocations().others
    #expect(count == 0)
    #expect(sum == Int64(3 * capacity * (capacity - 1) / 2))
  }
}
