import Kernels
package import Models

/// Numbers the rows of all tables: those of a field's table follow those of the field before.
package struct TableRows {
  private let embeddings: [Slot]
  private let wides: [Slot]
  /// The floats of an embedding, `K`.
  let width: Int
  /// By field the number of its first row; at the end the number of all rows.
  private let starts: [Int]

  /// Numbers the rows of a model's tables.
  package init(_ model: Model) {
    embeddings = model.embeddingTables
    wides = model.wideTables
    width = model.configuration.embeddingWidth
    var starts = [0]
    for table in embeddings { starts.append(starts[starts.count - 1] + table.rows) }
    self.starts = starts
  }

  /// The number of rows.
  var count: Int { starts[starts.count - 1] }

  /// The number of fields, each of which has a table.
  var fieldCount: Int { embeddings.count }

  /// The number of rows of a field's table.
  func rowCount(ofField field: Int) -> Int { embeddings[field].rows }

  /// The number of a field's row.
  func number(ofField field: Int, id: Int) -> Int { starts[field] + id }

  /// Whether there is a wide part.
  var hasWeights: Bool { !wides.isEmpty }

  /// The field of a row.
  func field(ofRow number: Int) -> Int {
    var field = 0
    while starts[field + 1] <= number { field += 1 }
    return field
  }

  /// The embedding table of a field, and that of its weights if there is a wide part.
  func tables(ofField field: Int) -> (embedding: Slot, weight: Slot?) {
    (embeddings[field], hasWeights ? wides[field] : nil)
  }

  /// Where the floats of a row lie.
  package typealias Floats = (embedding: Range<Int>, weight: Int?)

  /// The parameters of a row.
  func floats(ofRow number: Int) -> Floats {
    let field = field(ofRow: number)
    let id = number - starts[field]
    let start = embeddings[field].offset + id * width
    return (start..<start + width, hasWeights ? wides[field].offset + id : nil)
  }
}
