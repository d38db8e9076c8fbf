package import Kernels
import Layers
package import Models
package import MPI

/// The values of the table rows that this rank owns.
///
/// A class: the steps of a training, its evaluations and what keeps the best parameters use the same rows.
package final class TableShard {
  /// All rows of the model's tables.
  let rows: TableRows
  /// Those of this rank.
  let owned: OwnedRows
  /// The ranks that share the rows.
  let group: Communicator
  private var values: Buffer
  /// The best values so far; empty before there are any.
  private var best = Buffer(count: 0)

  /// Draws the initial values of the rows that this rank owns.
  package init(_ model: Model, seed: UInt64, group: Communicator) {
    let rows = TableRows(model)
    let owned = OwnedRows(rows, .rowByRow(ranks: group.size), rank: group.rank)
    self.rows = rows
    self.owned = owned
    self.group = group
    values = Buffer(count: owned.floatCount)
    for field in 0..<rows.fieldCount {
      let tables = rows.tables(ofField: field)
      let embeddings = model.initialValues(ofTable: tables.embedding, seed: seed)
      let weights = tables.weight.map { model.initialValues(ofTable: $0, seed: seed) }
      forEachOwnedRow(ofField: field) { id, place in
        TableShard.draw(embeddings, from: id * rows.width, into: &values, place.embedding)
        guard let weight = place.weight, let weights else { return }
        TableShard.draw(weights, from: id, into: &values, weight..<weight + 1)
      }
    }
  }

  /// Static: no view of an object's own buffer may leave the expression that made it.
  private static func draw(
    _ initial: InitialValues, from first: Int, into values: inout Buffer, _ range: Range<Int>
  ) {
    var span = values.mutableSpan(range)
    initial.fill(&span, from: first)
  }

  /// The ids of a field whose rows this rank owns, and where they are packed.
  private func forEachOwnedRow(
    ofField field: Int, _ body: (Int, TableRows.Floats) -> Void
  ) {
    owned.forEachBlock(ofField: field) { ids, first in
      for (index, id) in ids.enumerated() { body(id, owned.floats(at: first + index)) }
    }
  }

  /// Lends the values, to be updated.
  func update(_ body: (inout Buffer) -> Void) { body(&values) }

  /// Writes the values of a row this rank owns: its embedding, then its weight.
  func copy(row: Int, to start: Int, of target: inout Buffer) {
    let place = owned.floats(ofRow: row)
    target.copy(place.embedding, of: values, to: start)
    guard let weight = place.weight else { return }
    target.copy(weight..<weight + 1, of: values, to: start + rows.width)
  }

  /// Writes all rows that this rank owns to their places among the parameters of the model.
  package func copyAll(to parameters: inout Buffer) {
    for field in 0..<rows.fieldCount {
      let tables = rows.tables(ofField: field)
      forEachOwnedRow(ofField: field) { id, place in
        parameters.copy(
          place.embedding, of: values, to: tables.embedding.offset + id * rows.width)
        guard let weight = place.weight, let table = tables.weight else { return }
        parameters.copy(weight..<weight + 1, of: values, to: table.offset + id)
      }
    }
  }

  /// Adds the squares of all rows' values, those of other ranks included; all ranks call it.
  func addAllSquares(to sum: inout SquareSum) throws(MPIError) {
    sum.add(values.span)
    var words = sum.words
    var span = words.mutableSpan
    try group.allReduce(&span, .sum)
    sum = SquareSum(words: words)
  }

  /// Lends the values and the best ones, which are empty before there are any.
  func withValues(_ body: (_ values: borrowing Buffer, _ best: borrowing Buffer) -> Void) {
    body(values, best)
  }

  /// Has the values, and best ones, that `body` writes.
  func restore(_ body: (_ values: inout Buffer, _ best: inout Buffer) -> Void) {
    if best.count != values.count { best = Buffer(count: values.count) }
    body(&values, &best)
  }

  /// Keeps the values as the best ones.
  func keepBest() {
    if best.count != values.count { best = Buffer(count: values.count) }
    best.copy(0..<values.count, from: values)
  }

  /// Takes the best values for the values, and gives up room for others.
  func restoreBest() {
    swap(&values, &best)
    best = Buffer(count: 0)
  }
}
