internal import CKernels

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

/// Adds each row of a batch to the row `ids[b]` of the sums of a small table.
///
/// A row of the sums has `width + 2` floats: the number of rows added to it, the gradient of the
/// embedding, that of the logit. Rows are added from the first to the last.
///
/// - Parameters:
///   - rows: `[B, C]`; the last column is the gradient of the logit.
///   - column: The first column of the embedding's gradient.
///   - width: The floats of an embedding.
///   - ids: By row of the batch, its row of the table.
///   - tableRows: The rows of the table.
///   - sums: The sums, to be added to.
///   - start: Where in `sums` those of the table begin.
public func addCountedRows(
  _ rows: Matrix, column: Int, width: Int, ids: Span<Int32>, tableRows: Int,
  into sums: inout MutableSpan<Float>, at start: Int
) {
  precondition(
    rows.rows == ids.count && column >= 0 && column + width < rows.columns,
    "columns \(column)..<\(column + width) of [\(rows.rows), \(rows.columns)], \(ids.count) ids")
  precondition(
    start >= 0 && start + tableRows * (width + 2) <= sums.count,
    "\(tableRows) rows at \(start) of \(sums.count) floats")
  precondition(!sums.extent.overlaps(rows.extent), "the sums overlap the rows")
  for row in 0..<ids.count {
    precondition(ids[row] >= 0 && ids[row] < tableRows, "id \(ids[row]) of \(tableRows)")
  }
  guard let target = unsafe sums.start else { return }
  // Sound: the ids are rows of the sums, and both views hold the rows and columns stated above.
  unsafe ck_count_and_add(
    ids.count, ids.start, width, rows.start + column, rows.start + rows.columns - 1, rows.stride,
    target + start)
}
