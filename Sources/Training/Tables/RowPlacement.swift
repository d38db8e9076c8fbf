import Kernels

/// Where table rows lie in a buffer of floats.
///
/// A row is the embedding of an id and, with a wide part, its weight.
protocol RowPlacement: Sendable {
  /// The floats of an embedding, `K`.
  var width: Int { get }
  /// The number of rows.
  var count: Int { get }
  /// The floats of all rows.
  var floats: Range<Int> { get }

  /// The floats of a row, by its number among those of all tables.
  func floats(ofRow number: Int) -> (embedding: Range<Int>, weight: Range<Int>?)
}
