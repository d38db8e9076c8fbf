internal import CKernels

// Products of the fields of a row with each other. `x` is `[B, F·K]`: `F` vectors `e_f` of `K` floats
// side by side. Results of a row depend on that row alone, and gradients of `x` are added to what is
// there, because other parts of a model see the same embeddings. Nothing written overlaps an operand.

/// Adds `Σ_k Σ_{f<g} e_{f,k} e_{g,k}` of each row to its logit.
public func addFactorisation(
  of x: Matrix, fields: Int, to logits: inout MutableSpan<Float>
) {
  precondition(x.rows == logits.count, "\(x.rows) rows for \(logits.count) logits")
  precondition(!logits.extent.overlaps(x.extent), "the logits overlap the fields")
  let vectors = unsafe vectors(of: x, fields)
  unsafe logits.withUnsafeMutableBufferPointer { logits in
    guard let logits = logits.baseAddress else { return }
    unsafe ck_factorise(vectors, logits)
  }
}

/// Adds `dz Σ_{g≠f} e_g` to the gradient of each `e_f`.
public func factorisationBackward(
  _ x: Matrix, fields: Int, logitGradient dz: Span<Float>, addingTo dx: inout MutableMatrix
) {
  precondition(x.rows == dz.count, "\(x.rows) rows for \(dz.count) logit gradients")
  checkGradient(dx, of: x)
  precondition(!dx.extent.overlaps(dz.extent), "the gradient overlaps that of the logits")
  let vectors = unsafe vectors(of: x, fields)
  let (stride, start) = unsafe (dx.stride, dx.start)
  unsafe dz.withUnsafeBufferPointer { dz in
    guard let dz = dz.baseAddress else { return }
    unsafe ck_factorise_backward(vectors, dz, stride, start)
  }
}

/// Writes `y = Σ_{f<g} e_f ⊙ e_g`, `[B, K]`.
public func pairSums(of x: Matrix, fields: Int, into y: inout MutableMatrix) {
  let vectors = unsafe vectors(of: x, fields)
  unsafe check(y.view, of: x, columns: vectors.width)
  unsafe ck_pair_sums(vectors, y.stride, y.start)
}

/// Adds `dy ⊙ Σ_{g≠f} e_g` to the gradient of each `e_f`, with `dy` `[B, K]`.
public func pairSumsBackward(
  _ x: Matrix, fields: Int, outputGradient dy: Matrix, addingTo dx: inout MutableMatrix
) {
  let vectors = unsafe vectors(of: x, fields)
  unsafe check(dy, of: x, columns: vectors.width)
  checkGradient(dx, of: x)
  precondition(!dx.extent.overlaps(dy.extent), "the gradient overlaps that of the output")
  unsafe ck_pair_sums_backward(vectors, dy.stride, dy.start, dx.stride, dx.start)
}

/// Writes `y = [x; <e_0, e_1>; <e_0, e_2>; …; <e_1, e_2>; …]`, `[B, F·K + F(F-1)/2]`.
public func innerProducts(of x: Matrix, fields: Int, into y: inout MutableMatrix) {
  check(y.view, of: x, columns: x.columns + fields * (fields - 1) / 2)
  unsafe ck_inner_products(vectors(of: x, fields), y.stride, y.start)
}

/// Adds `dy_f + Σ_{g≠f} d<e_f, e_g> e_g` to the gradient of each `e_f`, with `dy` as the output of
/// ``innerProducts(of:fields:into:)``.
public func innerProductsBackward(
  _ x: Matrix, fields: Int, outputGradient dy: Matrix, addingTo dx: inout MutableMatrix
) {
  check(dy, of: x, columns: x.columns + fields * (fields - 1) / 2)
  checkGradient(dx, of: x)
  precondition(!dx.extent.overlaps(dy.extent), "the gradient overlaps that of the output")
  let vectors = unsafe vectors(of: x, fields)
  unsafe ck_inner_products_backward(vectors, dy.stride, dy.start, dx.stride, dx.start)
}

// MARK: - Checks

/// The operand of the C kernels; sound while `x` lives, whose bounds were checked when it was made.
@unsafe
func vectors(of x: Matrix, _ fields: Int) -> ck_fields {
  precondition(fields > 0 && x.columns % fields == 0, "\(fields) fields in \(x.columns) columns")
  return unsafe ck_fields(
    rows: x.rows, fields: fields, width: x.columns / fields, stride: x.stride, x: x.start)
}

private func check(_ y: Matrix, of x: Matrix, columns: Int) {
  checkShape(y, x.rows, columns)
  precondition(!y.extent.overlaps(x.extent), "what is written overlaps the fields")
}

private func checkGradient(_ dx: borrowing MutableMatrix, of x: Matrix) {
  check(dx.view, of: x, columns: x.columns)
}
