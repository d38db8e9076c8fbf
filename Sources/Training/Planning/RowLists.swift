/// The lists of table rows that ranks exchange, at their longest.
struct RowLists {
  /// The floats of small tables' sums.
  let smallFloats: Int
  private let tables: StepTraffic.Tables
  private let ranks: Int
  /// The rows of the batch that a rank has, and those of all ranks.
  private let ownRows, batch: Int
  /// By table: whether it is summed whole.
  private let isSmall: [Bool]

  /// Lists for batches of which a rank has `ownRows` rows.
  init(_ tables: StepTraffic.Tables, ownRows: Int, batch: Int, ranks: Int) {
    self.tables = tables
    self.ranks = ranks
    self.ownRows = ownRows
    self.batch = batch
    isSmall = tables.rows.map {
      tables.placement == .replicated
        && SmallTables.isSmall(rows: $0, width: tables.width, ranks: ranks, batch: batch)
    }
    smallFloats = zip(tables.rows, isSmall).reduce(0) {
      $0 + ($1.1 ? $1.0 * (tables.width + 2) : 0)
    }
  }

  /// The most different rows of listed tables among so many rows of a batch.
  private func entries(_ rows: Int) -> Int {
    zip(tables.rows, isSmall).reduce(0) { $0 + ($1.1 ? 0 : min($1.0, rows)) }
  }

  private var listed: Int { isSmall.count { !$0 } }

  /// The floats of an entry of gradients: its row, its shard, its sum.
  private var entryWidth: Int { tables.width + 3 }

  /// The floats of the values of a row.
  private var rowWidth: Int { tables.width + 1 }

  /// The floats of all buffers for rows.
  var bufferFloats: Int {
    let rowGradients = tables.rows.isEmpty ? 0 : ownRows * (tables.rows.count * tables.width + 1)
    switch tables.placement {
    case .replicated:
      let lists = ranks == 1 ? 0 : 2 * listed * ownRows + 3 * listed * batch
      return rowGradients + lists * entryWidth
    case .sharded:
      return rowGradients + listed * (2 * ownRows + batch) * entryWidth
        + listed * (ownRows + batch) * rowWidth
    }
  }

  /// What a step sends.
  var traffic: Traffic {
    guard ranks > 1, listed > 0 else { return Traffic() }
    let size = MemoryLayout<Float>.size
    let toOwners =
      Traffic.allToAll(size * ranks, ranks: ranks)
      + .allToAll(size * entries(ownRows) * entryWidth, ranks: ranks)
    switch tables.placement {
    case .replicated:
      return toOwners + .allGather(size * ranks, ranks: ranks)
        + .allGather(size * entries(batch) * entryWidth, ranks: ranks)
    case .sharded:
      // Whether all sums are finite is known to owners alone.
      return lookup + toOwners + .allReduce(MemoryLayout<Int>.size, ranks: ranks)
    }
  }

  /// What looking up the rows of a rank's part of a batch sends: counts, row numbers, values.
  var lookup: Traffic {
    guard ranks > 1, tables.placement == .sharded else { return Traffic() }
    let size = MemoryLayout<Float>.size
    let rows = entries(ownRows)
    return .allToAll(size * ranks, ranks: ranks) + .allToAll(size * rows, ranks: ranks)
      + .allToAll(size * rows * rowWidth, ranks: ranks)
  }
}
