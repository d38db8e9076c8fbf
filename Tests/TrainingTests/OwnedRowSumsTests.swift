import Features
import Kernels
import MPI
import Models
import Optimizers
import Reference
import Testing
import Training

/// What each of some ranks does by itself, in one process: all of them see the same rows.
@Suite struct OwnedRowSumsTests {
  @Test(arguments: [1, 2, 3, 4, 7, 8, 197], TinyRun.backbones)
  func `each rank has the sums of the rows it owns`(ranks: Int, backbone: BackboneKind) throws {
    for (shards, blockRows) in [(1, 64), (2, 64), (3, 1), (5, 16), (8, 4), (17, 128)] {
      let example = TableExample(backbone, shards: shards, rows: 97, rareRows: 191)
      // Full, ragged, tiny and empty batches in turn, the same number of rows twice, and fewer rows than shards.
      let turns = [97, 97, 1, 0, 16, 96, 2, 97].enumerated().map { seed, rows in
        example.batches(rows: rows, seed: UInt64(seed))
      }
      try expectSums(example, ranks: ranks, blockRows: blockRows, turns)
    }
  }

  @Test(arguments: [1, 2, 3, 5, 8], UsedRows.allCases)
  func `rows of any number of uses are summed, wherever in their blocks`(
    ranks: Int, used: UsedRows
  ) throws {
    for blockRows in [1, 4, 64] {
      let example = TableExample(.wdl, shards: 5, rows: 197, rareRows: 191)
      let turns = [197, 7, 196].map {
        example.batches(rows: $0, using: used, blockRows: blockRows)
      }
      try expectSums(example, ranks: ranks, blockRows: blockRows, turns)
    }
  }

  @Test(arguments: [[], [0], [1], [2], [0, 2], [1, 2]])
  func `the tables of other fields are left at zero`(fields: [Int]) throws {
    for ranks in [1, 3] {
      let example = TableExample(.wdl, shards: 4, rows: 97)
      let turns = [97, 9, 97].map { example.batches(rows: $0, seed: UInt64($0)) }
      try expectSums(example, ranks: ranks, blockRows: 2, fields: fields, turns)
    }
  }

  @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 5])
  func `each rank names the first of its rows whose sum is not finite`(
    ranks: Int, count: Int
  ) throws {
    let example = TableExample(.wdl, shards: 4, rows: 97)
    let stream = RandomStream(seed: UInt64(count), purpose: .synthesis)
    let batches = example.batches(rows: 97, seed: 1)
    var gradients = example.rowGradients(rows: 97, seed: 1)
    let columns = example.model.rowGradientWidth
    for index in 0..<count {
      // Of the second and third field: all rows use the row of the first one.
      let column = 5 + stream.integer(below: 10, at: index)
      let row = stream.derived(1).integer(below: 97, at: index)
      gradients[row * columns + column] = [.nan, .infinity, -.infinity][index % 3]
    }
    try expectFirstNotFinite(example, ranks: ranks, batches, gradients)
    // Finite numbers, too large to be added up where a row is used twice.
    for row in 0..<97 { gradients[row * columns + 12] = .greatestFiniteMagnitude }
    try expectFirstNotFinite(example, ranks: ranks, batches, gradients)
  }
}

// MARK: - Expectations

extension OwnedRowSumsTests {
  /// Compares all floats of all ranks, batch after batch, with dense tables summed up the tree.
  private func expectSums(
    _ example: TableExample, ranks: Int, blockRows: Int, fields: [Int] = [0, 1, 2],
    _ turns: [[Batch]]
  ) throws {
    let tableRows = example.tableRows.filter { fields.contains($0.field) }
    let gradients = turns.enumerated().map { turn, batches in
      example.rowGradients(rows: batches.reduce(0) { $0 + $1.count }, seed: UInt64(turn))
    }
    let sums = zip(turns, gradients).map { example.denseSum($0, $1) }
    let shared = try zip(turns, gradients).map { try example.completed($0, $1) }
    let all = TableRows(example.model)
    let owners = try #require(RowOwners(ranks: ranks, blockRows: blockRows))
    for rank in 0..<ranks {
      let owned = OwnedRows(all, owners, rank: rank)
      var ownedSums = OwnedRowSums(
        owned, fields: fields, tree: example.tree, batch: example.capacity)
      let ownedRows = tableRows.filter { $0.number / blockRows % ranks == rank }
      for turn in turns.indices {
        var expected = [UInt32](repeating: 0, count: owned.floatCount)
        for row in ownedRows {
          let packed = owned.floats(ofRow: row.number)
          let places = Array(packed.embedding) + (packed.weight.map { [$0] } ?? [])
          for (place, float) in zip(places, row.floats) {
            expected[place] = sums[turn][float].bitPattern
          }
        }
        var result = GradientRows(owned, example)
        ownedSums.store(shared[turn], into: &result)
        let found = result.gradients.bits(0..<owned.floatCount)
        #expect(
          expected.indices.filter { found[$0] != expected[$0] } == [],
          "rank \(rank), blocks of \(blockRows), \(example.tree.shardCount) shards, turn \(turn)")
      }
    }
  }

  /// Compares the row that each rank names with the first one it owns whose dense sum is not finite.
  private func expectFirstNotFinite(
    _ example: TableExample, ranks: Int, _ batches: [Batch], _ gradients: [Float]
  ) throws {
    let sums = example.denseSum(batches, gradients)
    let shared = try example.completed(batches, gradients)
    let owners = try #require(RowOwners(ranks: ranks, blockRows: 4))
    for rank in 0..<ranks {
      let expected = example.tableRows.first { row in
        row.number / 4 % ranks == rank && !row.floats.allSatisfy { sums[$0].isFinite }
      }
      let owned = OwnedRows(TableRows(example.model), owners, rank: rank)
      var ownedSums = OwnedRowSums(
        owned, fields: [0, 1, 2], tree: example.tree, batch: example.capacity)
      var result = GradientRows(owned, example)
      ownedSums.store(shared, into: &result)
      #expect(result.rowNotFinite == expected?.number, "rank \(rank)")
    }
  }
}

// MARK: - Examples

/// Which rows of tables the rows of a batch use.
enum UsedRows: CaseIterable {
  /// One row of each table, the last one.
  case one
  /// All in turn.
  case all
  /// The first and the last row of each block, in turn.
  case bordersOfBlocks
}

extension TableExample {
  /// A row of a table: its number among those of all, its field, and its floats among those of ``denseSum(_:_:)``.
  fileprivate typealias TableRow = (number: Int, field: Int, floats: [Int])

  /// The rows of all tables, in the order of their numbers.
  fileprivate var tableRows: [TableRow] {
    var rows: [TableRow] = []
    let base = model.ranges.tables.lowerBound
    for (field, table) in model.embeddingTables.enumerated() {
      for id in 0..<table.rows {
        let start = table.offset - base + id * table.columns
        let weights = model.wideTables.isEmpty ? [] : [model.wideTables[field].offset - base + id]
        rows.append((rows.count, field, Array(start..<start + table.columns) + weights))
      }
    }
    return rows
  }

  /// One batch per shard, of `rows` rows in all, whose ids are chosen.
  fileprivate func batches(rows: Int, using used: UsedRows, blockRows: Int) -> [Batch] {
    var batches = batches(rows: rows, seed: 0)
    for field in model.schema.fields.indices {
      let table = tableRows.filter { $0.field == field }.map(\.number)
      let numbers =
        switch used {
        case .one: table.suffix(1)
        case .all: table[...]
        case .bordersOfBlocks:
          table.filter { [0, blockRows - 1].contains($0 % blockRows) }[...]
        }
      var row = 0
      for shard in batches.indices {
        for index in 0..<batches[shard].count {
          // A table within a block has no row at a border.
          let number =
            numbers.isEmpty ? table[0] : numbers[numbers.startIndex + row % numbers.count]
          batches[shard].ids[field * batches[shard].capacity + index] = Int32(number - table[0])
          row += 1
        }
      }
    }
    return batches
  }

  /// The gradients and the ids of all rows, as each rank sees them.
  fileprivate func completed(_ batches: [Batch], _ values: [Float]) throws -> RowGradients {
    let gradients = try gradients(of: batches, values)
    try gradients.complete(batches[...])
    return gradients
  }
}

extension GradientRows {
  /// Gradients of the rows that a rank owns.
  fileprivate init(_ owned: OwnedRows, _ example: TableExample) {
    self.init(
      owned, .packed, capacity: example.capacity * 3,
      TableOptimizer(AdamConfiguration(), updates: .rowWise, l2: 0))
  }
}
