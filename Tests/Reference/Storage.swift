public import Kernels

/// A copy of the elements of a span.
public func floats(of span: Span<Float>) -> [Float] {
  var values: [Float] = []
  values.reserveCapacity(span.count)
  for index in 0..<span.count { values.append(span[index]) }
  return values
}

/// A copy of the elements of a matrix, row by row.
public func floats(of matrix: Matrix) -> [Float] {
  var values: [Float] = []
  for row in 0..<matrix.rows { values += floats(of: matrix[row: row]) }
  return values
}

/// A copy of a matrix in double precision.
public func table(of matrix: Matrix) -> Table {
  Table(rows: matrix.rows, columns: matrix.columns, floats(of: matrix).map(Double.init))
}

extension Buffer {
  /// The bit patterns of a range, so that NaNs and signed zeros can be compared.
  public borrowing func bits(_ range: Range<Int>) -> [UInt32] {
    floats(of: span(range)).map(\.bitPattern)
  }

  /// Writes values over a slot.
  public mutating func store(_ values: [Float], in slot: Slot) {
    precondition(values.count == slot.count, "\(values.count) values for \(slot.count) floats")
    var span = mutableSpan(slot)
    for index in 0..<span.count { span[index] = values[index] }
  }

  /// Sets every float to one value.
  public mutating func store(repeating value: Float) {
    var span = mutableSpan
    for index in 0..<span.count { span[index] = value }
  }

  /// Fills every tensor of a layout with numbers in `-limit..<limit`, one stream per tensor.
  public mutating func randomise(_ layout: Layout, limit: Float, seed: UInt64) {
    for (index, entry) in layout.entries.enumerated() {
      let stream = RandomStream(seed: seed, purpose: .synthesis).derived(index)
      store(stream.floats(entry.slot.count).map { limit * $0 }, in: entry.slot)
    }
  }
}

extension Arena {
  /// Writes values over the first rows of a slot.
  public borrowing func store(_ values: [Float], in slot: Slot, rows: Int) {
    var matrix = mutableMatrix(slot, rows: rows)
    for row in 0..<rows {
      var span = matrix[row: row]
      for column in 0..<span.count { span[column] = values[row * slot.columns + column] }
    }
  }
}

extension RandomStream {
  /// Numbers in `-1..<1`.
  public func floats(_ count: Int) -> [Float] {
    (0..<count).map { Float(2 * uniform(at: $0) - 1) }
  }
}

extension Layout {
  /// The number of floats in slots inside a range, padding not counted.
  public func parameterCount(in range: Range<Int>) -> Int {
    entries(in: range).reduce(0) { $0 + $1.slot.count }
  }
}
