/// What ranks keep and send to sum the gradients of table rows: lists at their longest, or memory that they share.
struct RowLists {
  /// The floats of small tables' sums.
  let smallFloats: Int
  private let tables: StepTraffic.Tables
  private let ranks: Int
  /// The ranks of a node.
  private let ranksOnNode: Int
  /// The rows of the batch that a rank has, and those of all ranks.
  private let ownRows, batch: Int
  /// By table: whether it is summed whole.
  private let isSmall: [Bool]

  /// Lists for batches of which a rank has `ownRows` rows.
  init(
    _ tables: StepTraffic.Tables, ownRows: Int, batch: Int, ranks: Int, ranksOnNode: Int = 1
  ) {
    self.tables = tables
    self.ranks = ranks
    self.ranksOnNode = ranksOnNode
    self.ownRows = ownRows
    self.batch = batch
    isSmall = tables.rows.map {
      tables.placement == .replicated
        && SmallTables.isSmall(
          rows: $0, width: tables.width, ranks: ranks, batch: batch,
          RowSumming(ranks: ranks, onNode: ranksOnNode, hasAllRows: ranksOnNode == ranks))
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

  /// Whether every rank sees the gradients of all rows: if all of them share the tables' memory.
  private var hasAllRows: Bool { tables.placement == .replicated && ranksOnNode == ranks }

  /// Whether ranks share the memory of gradients, those of dense parameters included.
  var sharesGradients: Bool { hasAllRows && ranks > 1 && !tables.rows.isEmpty }

  /// The floats of all buffers for rows.
  var bufferFloats: Int {
    let fields = tables.rows.count
    let rowGradients = fields == 0 ? 0 : ownRows * (fields * tables.width + 1)
    guard !hasAllRows else { return rowGradients + ownRows * fields }
    // For each owner there is room for all entries of a rank, or for one of each of its rows.
    let owned = (tables.rows.reduce(0, +) + ranks - 1) / ranks
    let sent = ranks * min(listed * ownRows, owned)
    switch tables.placement {
    case .replicated: return rowGradients + (sent + 3 * listed * batch) * entryWidth
    case .sharded: return rowGradients + (sent + listed * batch) * (entryWidth + rowWidth)
    }
  }

  /// What a step sends.
  var traffic: Traffic {
    let settling = settling
    guard !hasAllRows, listed > 0 else { return settling }
    let size = MemoryLayout<Float>.size
    let toOwners =
      Traffic.allToAll(size * ranks, ranks: ranks)
      + .allToAll(size * entries(ownRows) * entryWidth, ranks: ranks)
    switch tables.placement {
    case .replicated:
      return toOwners + .allGather(size * ranks, ranks: ranks)
        + .allGather(size * entries(batch) * entryWidth, ranks: ranks) + settling
    case .sharded:
      return lookup + toOwners + settling
    }
  }

  /// That gradients are there if all ranks see them, that all sums are finite, which only owners know, and that
  /// the ranks of a node have updated the tables that they share: messages within the node if tables are not
  /// sharded, counted as all others.
  private var settling: Traffic {
    guard !tables.rows.isEmpty else { return Traffic() }
    switch tables.placement {
    case .replicated:
      return (hasAllRows && listed > 0 ? 2 : 1) * .allReduce(0, ranks: ranksOnNode)
        + .allReduce(MemoryLayout<Int>.size, ranks: ranksOnNode)
    case .sharded: return .allReduce(MemoryLayout<Int>.size, ranks: ranks)
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
