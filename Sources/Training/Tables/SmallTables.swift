import Features
import Kernels

/// The tables whose gradients are summed whole, up the tree and beside those of the tower.
///
/// The others are summed row by row. Which tables are small decides how many floats are sent, or who sums them,
/// not what they sum up to.
///
/// A row of the sums has `K + 2` floats: how many rows of the batch use it, the gradient of its
/// embedding and that of its weight.
package struct SmallTables: Sendable {
  /// The fields of small tables.
  let fields: [Int]
  /// The fields of the other ones.
  let otherFields: [Int]
  /// The floats of all sums.
  let count: Int
  private let rows: TableRows
  /// By small table: its first float.
  private let starts: [Int]

  /// Chooses the small tables for a number of ranks and the rows of a batch.
  init(_ rows: TableRows, ranks: Int, batch: Int, _ summing: RowSumming) {
    self.rows = rows
    let isSmall = (0..<rows.fieldCount).map { field in
      SmallTables.isSmall(
        rows: rows.rowCount(ofField: field), width: rows.width, ranks: ranks, batch: batch, summing)
    }
    fields = isSmall.indices.filter { isSmall[$0] }
    otherFields = isSmall.indices.filter { !isSmall[$0] }
    var starts = [0]
    for field in fields {
      starts.append(starts[starts.count - 1] + rows.rowCount(ofField: field) * (rows.width + 2))
    }
    count = starts.removeLast()
    self.starts = starts
  }

  /// Whether a table is summed whole by a number of ranks; by a single one none is.
  ///
  /// Where sums are published: if the sums of the whole table are fewer floats, sent by one rank, than lists of
  /// its rows. A table of `N` rows takes `2 N (K + 2)`, those of halving (``RecursiveTree``). Lists take at
  /// most `(min(N, B/P) + min(N, B)) (K + 3)`: of the rank's own rows to their owners, and of the sums from
  /// the owners (``RowExchange``). Where sums stay with owners, lists are always shorter. Ranks that see all rows
  /// send nothing, but share out the work by blocks of table rows (``RowOwners``): a table with less than a full
  /// block for each rank would be left to some of them. It is small if a rank has more rows of the batch than it
  /// has, too.
  package static func isSmall(
    rows: Int, width: Int, ranks: Int, batch: Int, _ summing: RowSumming
  ) -> Bool {
    guard ranks > 1 else { return false }
    let own = (batch + ranks - 1) / ranks
    return switch summing {
    case .here: rows < min(own, ranks * RowOwners.blockByBlock(ranks: ranks).blockRows)
    case .byOwners: false
    case .published:
      2 * rows * (width + 2) <= (min(rows, own) + min(rows, batch)) * (width + 3)
    }
  }

  /// Writes the sums of one shard.
  ///
  /// - Parameters:
  ///   - batch: the shard's rows.
  ///   - gradients: `[B, F·K + 1]`, their gradients.
  ///   - sums: what to write over.
  func sum(_ batch: Batch, gradients: Matrix, into sums: inout MutableSpan<Float>) {
    fill(&sums, with: 0)
    for (index, field) in fields.enumerated() {
      addCountedRows(
        gradients, column: field * rows.width, width: rows.width,
        ids: batch.ids(ofField: field).span, tableRows: rows.rowCount(ofField: field), into: &sums,
        at: starts[index])
    }
  }

  /// The first field of whose table a sum is not finite.
  func fieldNotFinite(in sums: Span<Float>) -> Int? {
    for (index, field) in fields.enumerated() {
      let floats = rows.rowCount(ofField: field) * (rows.width + 2)
      if !allFinite(sums.extracting(starts[index]..<starts[index] + floats)) { return field }
    }
    return nil
  }

  /// Calls `body` with every row that the batch uses, and its sum: embedding, then weight.
  func forEachRow(of sums: Span<Float>, _ body: (Int, Span<Float>) -> Void) {
    for (index, field) in fields.enumerated() {
      var start = starts[index]
      for id in 0..<rows.rowCount(ofField: field) {
        if sums[start] > 0 {
          body(
            rows.number(ofField: field, id: id),
            sums.extracting(start + 1..<start + rows.width + 2))
        }
        start += rows.width + 2
      }
    }
  }
}
