/// A view of `rows x columns` floats to change, whose rows lie `stride` floats apart.
///
/// Not `Sendable`: where it views an ``Arena``, other matrices may view the same floats.
@safe
public struct MutableMatrix: ~Copyable, ~Escapable {
  // Sound: made only from storage whose lifetime the view depends on, with checked bounds.
  let start: UnsafeMutablePointer<Float>
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The distance between the starts of two rows, in floats.
  public let stride: Int

  @_lifetime(borrow start)
  init(start: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
    unsafe self.init(start: start, rows: rows, columns: columns, stride: columns)
  }

  @_lifetime(borrow start)
  init(start: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
    unsafe self.start = start
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// One row.
  public subscript(row index: Int) -> MutableSpan<Float> {
    @_lifetime(&self)
    mutating get {
      precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
      let span = unsafe MutableSpan(_unsafeStart: start + index * stride, count: columns)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// The same elements, to read.
  public var view: Matrix {
    @_lifetime(borrow self)
    borrowing get {
      let view = unsafe Matrix(
        start: UnsafePointer(start), rows: rows, columns: columns, stride: stride)
      return unsafe _overrideLifetime(view, borrowing: self)
    }
  }

  /// A run of rows, to change.
  @_lifetime(&self)
  public mutating func rows(_ range: Range<Int>) -> MutableMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    let view = unsafe MutableMatrix(
      start: start + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
    return unsafe _overrideLifetime(view, mutating: &self)
  }

  /// A run of columns of every row, to change.
  @_lifetime(&self)
  public mutating func columns(_ range: Range<Int>) -> MutableMatrix {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
    let view = unsafe MutableMatrix(
      start: start + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    return unsafe _overrideLifetime(view, mutating: &self)
  }
}
