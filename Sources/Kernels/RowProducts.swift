internal import CKernels

// Products of the fields of a sample with maps, one embedding column at a time. Where an operand is
// written row (b, c), `b` is a sample and `c` one of the `K` columns of its embeddings: row `b·K + c`.
// The rows of these operands lie side by side, and nothing written overlaps what is read.

/// Writes `y[(b, c)] = [x[b, 0, c], …, x[b, F-1, c]]`, with `x` `[B, F·K]` and `y` `[B·K, F]`.
public func transposeFields(of x: Matrix, into y: inout MutableMatrix) {
  let width = checkFields(of: x, y.view)
  precondition(!y.extent.overlaps(x.extent), "the transposed fields overlap the fields")
  unsafe ck_transpose_fields(x.rows, y.columns, width, x.stride, x.start, y.start)
}

/// Adds `y` `[B·K, F]`, transposed back, to `x` `[B, F·K]`.
public func addTransposedFields(_ y: Matrix, to x: inout MutableMatrix) {
  let width = checkFields(of: x.view, y)
  precondition(!x.extent.overlaps(y.extent), "the fields overlap the transposed fields")
  unsafe ck_add_transposed_fields(x.rows, y.columns, width, y.start, x.stride, x.start)
}

/// Writes the products of every field with every map, `z[r, f·H + h] = x[r, f] · y[r, h]`, with `x`
/// `[R, F]`, `y` `[R, H]` and `z` `[R, F·H]`.
public func rowProducts(_ x: Matrix, _ y: Matrix, into z: inout MutableMatrix) {
  checkProducts(x, y, z.view)
  precondition(
    !z.extent.overlaps(x.extent) && !z.extent.overlaps(y.extent), "the products overlap a factor")
  unsafe ck_row_products(x.rows, x.columns, y.columns, x.start, y.start, z.start)
}

/// Adds `Σ_h dz[r, f·H + h] · y[r, h]` to `dx` `[R, F]`, and writes `Σ_f dz[r, f·H + h] · x[r, f]` over `dy`
/// `[R, H]`.
///
/// The sums over `h` are taken in sixteen fixed lanes.
public func rowProductsBackward(
  _ x: Matrix, _ y: Matrix, productGradient dz: Matrix, addingTo dx: inout MutableMatrix,
  into dy: inout MutableMatrix
) {
  checkProducts(x, y, dz)
  checkProducts(dx.view, dy.view, dz)
  precondition(
    !dx.extent.overlaps(x.extent) && !dx.extent.overlaps(y.extent)
      && !dx.extent.overlaps(dz.extent) && !dy.extent.overlaps(x.extent)
      && !dy.extent.overlaps(y.extent) && !dy.extent.overlaps(dz.extent)
      && !dy.extent.overlaps(dx.extent), "a gradient overlaps another operand")
  unsafe ck_row_products_backward(
    x.rows, x.columns, y.columns, x.start, y.start, dz.start, dx.start, dy.start)
}

// MARK: - Checks

/// The number of columns of an embedding.
private func checkFields(of x: Matrix, _ y: Matrix) -> Int {
  let fields = y.columns
  precondition(fields > 0 && x.columns % fields == 0, "\(fields) fields in \(x.columns) columns")
  let width = x.columns / fields
  precondition(
    y.rows == x.rows * width && y.stride == fields,
    "[\(x.rows), \(x.columns)] for [\(y.rows), \(fields)]")
  return width
}

private func checkProducts(_ x: Matrix, _ y: Matrix, _ z: Matrix) {
  precondition(
    x.rows == y.rows && x.rows == z.rows && z.columns == x.columns * y.columns,
    "[\(x.rows), \(x.columns)] and [\(y.rows), \(y.columns)] for [\(z.rows), \(z.columns)]")
  precondition(
    x.columns > 0 && x.stride == x.columns && y.stride == y.columns && z.stride == z.columns,
    "rows that do not lie side by side")
}
