/// A read-only view of `rows x columns` floats whose rows lie `stride` floats apart.
///
/// Not `Sendable`: where it views an ``Arena``, a ``MutableMatrix`` may view the same floats.
@safe
public struct Matrix: ~Escapable {
  // Sound: made only from storage whose lifetime the view depends on, with checked bounds.
  let start: UnsafePointer<Float>
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The distance between the starts of two rows, in floats.
  public let stride: Int

  @_lifetime(borrow start)
  init(start: UnsafePointer<Float>, rows: Int, columns: Int) {
    unsafe self.init(start: start, rows: rows, columns: columns, stride: columns)
  }

  @_lifetime(borrow start)
  init(start: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int) {
    unsafe self.start = start
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// One row.
  public subscript(row index: Int) -> Span<Float> {
    @_lifetime(copy self)
    get {
      precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
      let span = unsafe Span(_unsafeStart: start + index * stride, count: columns)
      return unsafe _overrideLifetime(span, copying: self)
    }
  }

  /// A run of rows.
  @_lifetime(copy self)
  public func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    let view = unsafe Matrix(
      start: start + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
    return unsafe _overrideLifetime(view, copying: self)
  }

  /// A run of columns of every row.
  @_lifetime(copy self)
  public func columns(_ range: Range<Int>) -> Matrix {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
    let view = unsafe Matrix(
      start: start + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    return unsafe _overrideLifetime(view, copying: self)
  }
}

/// Traps unless a matrix has this shape.
func checkShape(_ x: Matrix, _ rows: Int, _ columns: Int) {
  precondition(
    x.rows == rows && x.columns == columns, "[\(x.rows), \(x.columns)] for [\(rows), \(columns)]")
}

/// Traps unless the rows of a matrix lie one behind the other.
func checkPacked(_ x: Matrix) {
  precondition(x.stride == x.columns, "\(x.columns) columns \(x.stride) floats apart")
}
