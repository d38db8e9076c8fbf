/// A row-major matrix of doubles with plain loops: what fast code is compared with.
public struct Table: Hashable, Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The elements, row by row.
  public var elements: [Double]

  /// Creates a matrix of its elements, row by row.
  public init(rows: Int, columns: Int, _ elements: [Double]) {
    precondition(elements.count == rows * columns, "\(elements.count) for \(rows) x \(columns)")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// Creates a matrix of equal elements.
  public init(rows: Int, columns: Int, repeating value: Double = 0) {
    self.init(rows: rows, columns: columns, Array(repeating: value, count: rows * columns))
  }

  /// One element.
  public subscript(row: Int, column: Int) -> Double {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  /// The matrix product.
  public func times(_ other: Table) -> Table {
    precondition(columns == other.rows, "\(columns) columns times \(other.rows) rows")
    var product = Table(rows: rows, columns: other.columns)
    for row in 0..<rows {
      for inner in 0..<columns {
        let factor = self[row, inner]
        for column in 0..<other.columns { product[row, column] += factor * other[inner, column] }
      }
    }
    return product
  }

  /// One row.
  public func row(_ index: Int) -> Table {
    Table(rows: 1, columns: columns, Array(elements[index * columns..<(index + 1) * columns]))
  }

  /// The columns of another matrix behind this one's.
  public func beside(_ other: Table) -> Table {
    precondition(rows == other.rows, "\(rows) rows beside \(other.rows)")
    var result = Table(rows: rows, columns: columns + other.columns)
    for row in 0..<rows {
      for column in 0..<columns { result[row, column] = self[row, column] }
      for column in 0..<other.columns { result[row, columns + column] = other[row, column] }
    }
    return result
  }

  /// Rows and columns exchanged.
  public var transposed: Table {
    var result = Table(rows: columns, columns: rows)
    for row in 0..<rows {
      for column in 0..<columns { result[column, row] = self[row, column] }
    }
    return result
  }
}
