/// Copies the row `ids[b]` of a table to row `b` of `y`.
///
/// `table` is `[N, K]`, `y` is `[B, K]`, ids lie in `0..<N`.
public func gatherRows(of table: Matrix, ids: Span<Int32>, into y: inout MutableMatrix) {
  let count = ids.count
  precondition(y.rows == count && y.columns == table.columns, "\(count) rows into \(y.rows)")
  let width = table.columns
  for row in 0..<count {
    let id = Int(ids[row])
    precondition(id >= 0 && id < table.rows, "id \(id) of \(table.rows)")
    // Sound: `id` and `row` are inside the two views, and both rows hold `width` floats.
    unsafe (y.start + row * y.stride).update(
      from: table.start + id * table.stride, count: width)
  }
}

/// Adds the element `ids[b]` of a table to element `b` of `y`.
public func addElements(of table: Span<Float>, ids: Span<Int32>, into y: inout MutableSpan<Float>) {
  precondition(ids.count == y.count, "\(ids.count) ids for \(y.count) elements")
  for row in 0..<ids.count { y[row] += table[Int(ids[row])] }
}
