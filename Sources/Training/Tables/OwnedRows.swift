import Kernels

/// The table rows that one rank owns, packed: their embeddings one behind the other, and then their weights.
package struct OwnedRows {
  /// All rows.
  let rows: TableRows
  /// Who owns which.
  let owners: RowOwners
  /// The rank.
  let rank: Int
  /// The number of rows that it owns.
  let count: Int
  /// The floats of all of them.
  package let floatCount: Int
  /// The first weight; `nil` without a wide part.
  private let firstWeight: Int?

  /// The rows that a rank owns.
  package init(_ rows: TableRows, _ owners: RowOwners, rank: Int) {
    self.rows = rows
    self.owners = owners
    self.rank = rank
    count = owners.count(ofRank: rank, amongFirst: rows.count)
    var layout = Layout()
    _ = layout.reserve("embedding", rows: count, columns: rows.width)
    firstWeight =
      rows.hasWeights ? layout.reserve("wide", rows: count, columns: 1).offset : nil
    floatCount = layout.count
  }

  /// Whether the rank owns a row.
  func owns(_ row: Int) -> Bool { owners.owner(ofRow: row) == rank }

  /// The row at a place, by its number among those of all tables.
  func row(at place: Int) -> Int { owners.row(at: place, ofRank: rank) }

  /// The packed floats of a row that this rank owns.
  package func floats(ofRow row: Int) -> TableRows.Floats { floats(at: owners.place(ofRow: row)) }

  /// The packed floats of the row at a place.
  func floats(at place: Int) -> TableRows.Floats {
    let start = place * rows.width
    return (start..<start + rows.width, firstWeight.map { $0 + place })
  }

  /// The longest runs of floats that lie together both among the parameters and packed.
  var runs: [Run] {
    var runs: [Run] = []
    for field in 0..<rows.fieldCount {
      let tables = rows.tables(ofField: field)
      forEachBlock(ofField: field) { ids, place in
        runs.append(
          Run(
            start: tables.embedding.offset + ids.lowerBound * rows.width,
            packed: place * rows.width..<(place + ids.count) * rows.width))
        guard let weights = tables.weight, let firstWeight else { return }
        let first = firstWeight + place
        runs.append(
          Run(start: weights.offset + ids.lowerBound, packed: first..<first + ids.count))
      }
    }
    return runs
  }

  /// Floats that lie together.
  struct Run {
    /// Where they begin among the parameters.
    let start: Int
    /// Where they lie packed.
    let packed: Range<Int>

    /// Where they lie among the parameters.
    var parameters: Range<Int> { start..<start + packed.count }
  }

  /// The ids of a field whose rows this rank owns, as many at a time as follow one another, and the place of
  /// the first one.
  func forEachBlock(ofField field: Int, _ body: (Range<Int>, Int) -> Void) {
    let first = rows.number(ofField: field, id: 0)
    let end = first + rows.rowCount(ofField: field)
    // All rows are one block if there is no other rank.
    guard owners.size > 1 else { return body(0..<end - first, first) }
    var block = first / owners.blockRows
    block += (rank - block % owners.size + owners.size) % owners.size
    while block * owners.blockRows < end {
      let start = max(first, block * owners.blockRows)
      let rows = start..<min(end, (block + 1) * owners.blockRows)
      body(rows.lowerBound - first..<rows.upperBound - first, owners.place(ofRow: start))
      block += owners.size
    }
  }
}
