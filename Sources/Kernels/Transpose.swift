internal import CKernels

/// Writes `y = xᵀ`, with `x` `[M, N]` and `y` `[N, M]`.
public func transpose(_ x: Matrix, into y: inout MutableMatrix) {
  checkTransposed(x, y)
  unsafe ck_transpose(x.rows, x.columns, x.stride, x.start, y.stride, y.start)
}

/// Adds `xᵀ` to `y`, with `x` `[M, N]` and `y` `[N, M]`.
public func addTransposed(_ x: Matrix, to y: inout MutableMatrix) {
  checkTransposed(x, y)
  unsafe ck_add_transposed(x.rows, x.columns, x.stride, x.start, y.stride, y.start)
}

private func checkTransposed(_ x: Matrix, _ y: borrowing MutableMatrix) {
  precondition(
    x.rows == y.columns && x.columns == y.rows,
    "[\(x.rows), \(x.columns)] transposed into [\(y.rows), \(y.columns)]")
  precondition(!y.extent.overlaps(x.extent), "the transposed matrix overlaps the matrix")
}
