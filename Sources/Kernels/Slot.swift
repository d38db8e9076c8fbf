/// A named region of a buffer: `rows x columns` floats, row-major, starting at `offset`.
///
/// Slots come from a ``Layout``, which gives every one of them a region of its own.
public struct Slot: Hashable, Sendable {
  /// The first float's index in the buffer.
  public let offset: Int
  /// The number of rows.
  public let rows: Int
  /// The number of columns, and the distance between rows.
  public let columns: Int

  init(offset: Int, rows: Int, columns: Int) {
    self.offset = offset
    self.rows = rows
    self.columns = columns
  }

  /// The number of floats in the region.
  public var count: Int { rows * columns }

  /// The region as a range of float indices.
  public var range: Range<Int> { offset..<offset + count }
}
