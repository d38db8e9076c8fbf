import Kernels

/// The table rows that one rank owns, `r mod P` being its rank: their embeddings one behind the other, and
/// then their weights.
struct OwnedRows: RowPlacement {
  /// The floats of an embedding, `K`.
  let width: Int
  /// The number of rows.
  let count: Int
  private let size: Int
  private let weights: Slot?

  /// The rows that a rank of `size` owns of all tables.
  init(_ rows: TableRows, rank: Int, size: Int) {
    count = (rows.count - rank + size - 1) / size
    width = rows.width
    self.size = size
    var layout = Layout()
    _ = layout.reserve("embedding", rows: count, columns: width)
    weights = rows.hasWeights ? layout.reserve("wide", rows: count, columns: 1) : nil
    floats = 0..<layout.count
  }

  /// The floats of all rows.
  let floats: Range<Int>

  /// The floats of a row, by its number among those of all tables; this rank owns it.
  func floats(ofRow number: Int) -> (embedding: Range<Int>, weight: Range<Int>?) {
    let index = number / size
    let embedding = index * width..<(index + 1) * width
    return (embedding, weights.map { $0.offset + index..<$0.offset + index + 1 })
  }
}
