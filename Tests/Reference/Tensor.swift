public import Kernels

/// One matrix of floats with storage of its own.
public struct Tensor: ~Copyable {
  /// The number of rows.
  public var rows: Int { slot.rows }
  /// The number of columns.
  public var columns: Int { slot.columns }
  private let slot: Slot
  private var buffer: Buffer

  /// Creates a matrix of its elements, row by row.
  public init(rows: Int, columns: Int, _ values: [Float]) {
    var layout = Layout()
    slot = layout.reserve("tensor", rows: rows, columns: columns)
    buffer = Buffer(layout)
    buffer.store(values, in: slot)
  }

  /// Creates a matrix of equal elements.
  public init(rows: Int, columns: Int, repeating value: Float = 0) {
    self.init(rows: rows, columns: columns, Array(repeating: value, count: rows * columns))
  }

  /// Creates a matrix of numbers in `-1..<1`.
  public init(rows: Int, columns: Int, randomFrom stream: RandomStream) {
    self.init(rows: rows, columns: columns, stream.floats(rows * columns))
  }

  /// The elements, to read.
  public var matrix: Matrix {
    @_lifetime(borrow self)
    borrowing get { buffer.matrix(slot) }
  }

  /// The elements, to change.
  public var mutableMatrix: MutableMatrix {
    @_lifetime(&self)
    mutating get { buffer.mutableMatrix(slot) }
  }

  /// The elements of all rows one behind the other, to read.
  public var span: Span<Float> {
    @_lifetime(borrow self)
    borrowing get { buffer.span(slot) }
  }

  /// The elements of all rows one behind the other, to change.
  public var mutableSpan: MutableSpan<Float> {
    @_lifetime(&self)
    mutating get { buffer.mutableSpan(slot) }
  }

  /// A copy of the elements, row by row.
  public var values: [Float] { floats(of: buffer.span(slot)) }

  /// A copy of the elements in double precision.
  public var table: Table { Table(rows: rows, columns: columns, values.map(Double.init)) }
}
