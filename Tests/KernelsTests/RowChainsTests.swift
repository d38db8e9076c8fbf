import Kernels
import Testing

@Suite struct RowChainsTests {
  private static let (width, tableRows, count) = (5, 40, 97)
  private let shards: [Int32]
  private let ids: [Int32]
  private let rows: [Float]

  init() {
    let stream = RandomStream(seed: 4, purpose: .synthesis)
    shards = (0..<Self.count).map { Int32($0 * 8 / Self.count) }
    ids = (0..<Self.count).map { Int32(stream.integer(below: Self.tableRows, at: $0)) }
    rows = (0..<Self.count * (Self.width + 3)).map {
      Float(stream.derived(1).integer(below: 2001, at: $0) - 1000) * 1e-3
    }
  }

  private func withMatrix(_ body: (Matrix) -> Void) {
    var buffer = Buffer(count: rows.count)
    var span = buffer.mutableSpan
    for index in rows.indices { span[index] = rows[index] }
    body(buffer.matrix(rows: Self.count, columns: Self.width + 3))
  }

  @Test(arguments: [true, false])
  func `all sums are those of each chain, where the table's gradients lie`(hasWeights: Bool) {
    var chains = RowChains(tableRows: Self.tableRows, batchRows: Self.count)
    chains.link(ids, count: Self.count)
    let width = Self.width
    var gradients = Buffer(count: 3 + Self.tableRows * (width + 1))
    let weight = hasWeights ? 3 + Self.tableRows * width : nil
    var scratch = [Float](repeating: 7, count: 5 * (width + 1))
    var notFinite: Int? = -1
    withMatrix { rows in
      var sums = scratch.mutableSpan
      var target = gradients.mutableSpan
      notFinite = chains.sumAll(
        node: 0..<8, shards: shards.span, rows: rows, column: 1, width: width, scratch: &sums,
        into: &target, at: (3, weight))
    }
    #expect(notFinite == nil)
    var expected = [Float](repeating: 0, count: gradients.count)
    for index in 0..<chains.count {
      let row = chains.tableRow(at: index)
      withMatrix { rows in
        var sums = scratch.mutableSpan
        let behind = chains.sum(
          from: chains.firstRow(at: index), node: 0..<8, shards: shards.span, rows: rows, column: 1,
          width: width, into: &sums)
        if behind != nil { sums[0] = .nan }
      }
      for column in 0..<width { expected[3 + row * width + column] = scratch[column] }
      if let weight { expected[weight + row] = scratch[width] }
    }
    let span = gradients.span
    #expect((0..<span.count).allSatisfy { span[$0].bitPattern == expected[$0].bitPattern })
  }

  /// All sums of chains, by table row, as bits: embeddings, then weights.
  private func sums(_ chains: RowChains, _ rows: Matrix, shards: [Int32]) -> [UInt32] {
    let width = Self.width
    var gradients = Buffer(count: Self.tableRows * (width + 1))
    var scratch = [Float](repeating: 7, count: 5 * (width + 1))
    var sums = scratch.mutableSpan
    var target = gradients.mutableSpan
    let row = chains.sumAll(
      node: 0..<8, shards: shards.span, rows: rows, column: 1, width: width, scratch: &sums,
      into: &target, at: (0, Self.tableRows * width))
    #expect(row == nil)
    let span = gradients.span
    return (0..<span.count).map { span[$0].bitPattern }
  }

  @Test(arguments: [1, 2, 3, 96, 97, 200])
  func `rows that are not chosen are in no chain`(distance: Int) {
    let chosen = stride(from: distance - 1, to: Self.count, by: distance).map { Int32($0) }
    // The chains of all rows before must leave nothing behind.
    var chains = RowChains(tableRows: Self.tableRows, batchRows: Self.count)
    chains.link(ids, count: Self.count)
    chains.link(
      chosen.map { ids[Int($0)] } + [99], rows: chosen + [99], count: chosen.count,
      among: Self.count)
    var found: [UInt32] = []
    withMatrix { found = sums(chains, $0, shards: shards) }
    // A batch of those rows alone.
    let columns = Self.width + 3
    var compact = Buffer(count: chosen.count * columns)
    var span = compact.mutableSpan
    for (index, row) in chosen.enumerated() {
      for column in 0..<columns {
        span[index * columns + column] = rows[Int(row) * columns + column]
      }
    }
    var others = RowChains(tableRows: Self.tableRows, batchRows: Self.count)
    others.link(chosen.map { ids[Int($0)] }, count: chosen.count)
    let expected = sums(
      others, compact.matrix(rows: chosen.count, columns: columns),
      shards: chosen.map { shards[Int($0)] })
    #expect(found == expected)
  }

  @Test func `rows that do not ascend stop the program`() async {
    await #expect(processExitsWith: .failure) {
      var chains = RowChains(tableRows: 4, batchRows: 20)
      chains.link([1, 2, 3], rows: [0, 12, 3], count: 3, among: 10)
    }
    await #expect(processExitsWith: .failure) {
      var chains = RowChains(tableRows: 4, batchRows: 20)
      chains.link([1, 1], rows: [1, 1], count: 2, among: 10)
    }
  }

  @Test func `the first row whose sum is not finite is named`() {
    var chains = RowChains(tableRows: Self.tableRows, batchRows: 3)
    chains.link([9, 4, 6], count: 3)
    for (values, expected) in [
      ([1, 2, 3] as [Float], nil), ([1, 2, .infinity], 6), ([.nan, .infinity, 3], 4),
    ] {
      var rows = Buffer(count: 6)
      var span = rows.mutableSpan
      for row in 0..<3 { span[2 * row] = values[row] }
      var gradients = Buffer(count: Self.tableRows)
      var scratch = [Float](repeating: 0, count: 10)
      var sums = scratch.mutableSpan
      var target = gradients.mutableSpan
      let shards: [Int32] = [0, 0, 1]
      let found = chains.sumAll(
        node: 0..<2, shards: shards.span, rows: rows.matrix(rows: 3, columns: 2), column: 0,
        width: 1, scratch: &sums, into: &target, at: (0, nil))
      #expect(found == expected)
    }
  }
}
