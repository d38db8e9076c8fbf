internal import CKernels

/// Attention of the fields of a sample to each other, in several heads.
///
/// Every operand has one feature a row and one field of one sample a column, all samples of a field
/// side by side: column `f·B + b`. So a vector holds one feature of many samples, whatever the number of
/// fields and the width of a head, and no sum runs across it.
public struct Attention: Hashable, Sendable {
  /// The number of fields, `F`.
  public let fields: Int
  /// The number of heads, `H`.
  public let heads: Int
  /// The features of a head, `W`.
  public let headWidth: Int

  /// Describes the sizes.
  public init(fields: Int, heads: Int, headWidth: Int) {
    precondition(
      fields > 0 && heads > 0 && headWidth > 0,
      "\(heads) heads of width \(headWidth) for \(fields) fields")
    (self.fields, self.heads, self.headWidth) = (fields, heads, headWidth)
  }

  /// The features of all heads, `H·W`.
  public var width: Int { heads * headWidth }

  /// The rows of the probabilities, `H·F²`.
  public var probabilityRows: Int { heads * fields * fields }

  /// The floats that ``backward(_:probabilities:output:outputGradient:scratch:)`` needs.
  public var scratchCount: Int { ck_attention_scratch(fields) }

  /// Computes `y_i = max(0, Σ_j P_ij v_j + r_i)` with `P = softmax_j(q_i · k_j)` for every head.
  ///
  /// `projection` `[4·H·W, F·B]` holds queries, keys, values and residuals, `y` is `[H·W, F·B]`, and
  /// `probabilities` `[H·F², B]` keeps `P` for the backward pass. Scores are not scaled; NaN is passed on.
  public func forward(
    _ projection: Matrix, probabilities: inout MutableMatrix, into y: inout MutableMatrix
  ) {
    check(projection, probabilities.view, y.view)
    precondition(
      !probabilities.extent.overlaps(projection.extent)
        && !y.extent.overlaps(projection.extent) && !y.extent.overlaps(probabilities.extent),
      "an output of attention overlaps another operand")
    let shape = shape(
      rows: probabilities.columns, projection.stride, probabilities.stride, y.stride, 0)
    unsafe ck_attend(shape, projection.start, probabilities.start, y.start)
  }

  /// Overwrites the projection with its gradient, from that of the output.
  ///
  /// With `dr = dy ⊙ [y > 0]`, `dP_ij = dr_i · v_j` and `dS_ij = P_ij (dP_ij - Σ_l P_il dP_il)`:
  /// `dq_i = Σ_j dS_ij k_j`, `dk_j = Σ_i dS_ij q_i` and `dv_j = Σ_i P_ij dr_i`.
  public func backward(
    _ projection: inout MutableMatrix, probabilities: Matrix, output y: Matrix,
    outputGradient dy: Matrix, scratch: inout MutableSpan<Float>
  ) {
    check(projection.view, probabilities, y)
    check(projection.view, probabilities, dy)
    precondition(
      scratch.count >= scratchCount, "\(scratch.count) floats of scratch for \(scratchCount)")
    checkDisjoint(projection.extent, probabilities, y, dy)
    checkDisjoint(scratch.extent, probabilities, y, dy)
    precondition(
      !projection.extent.overlaps(scratch.extent), "the projection overlaps the scratch")
    guard let scratch = unsafe scratch.start else { return }
    let shape = shape(
      rows: probabilities.columns, projection.stride, probabilities.stride, y.stride, dy.stride)
    unsafe ck_attend_backward(
      shape, projection.start, probabilities.start, y.start, dy.start, scratch)
  }

  private func shape(
    rows: Int, _ projection: Int, _ probability: Int, _ output: Int, _ gradient: Int
  ) -> ck_attention {
    ck_attention(
      rows: rows, fields: fields, heads: heads, width: headWidth, projection_stride: projection,
      probability_stride: probability, output_stride: output, gradient_stride: gradient)
  }

  private func check(_ projection: Matrix, _ probabilities: Matrix, _ y: Matrix) {
    let columns = fields * probabilities.columns
    precondition(
      projection.rows == 4 * width && projection.columns == columns && y.rows == width
        && y.columns == columns && probabilities.rows == probabilityRows,
      "[\(projection.rows), \(projection.columns)], [\(y.rows), \(y.columns)] and "
        + "[\(probabilities.rows), \(probabilities.columns)] for \(self)")
  }

  private func checkDisjoint(
    _ written: Range<UInt>, _ probabilities: Matrix, _ y: Matrix, _ dy: Matrix
  ) {
    precondition(
      !written.overlaps(probabilities.extent) && !written.overlaps(y.extent)
        && !written.overlaps(dy.extent), "a gradient of attention overlaps another operand")
  }
}
