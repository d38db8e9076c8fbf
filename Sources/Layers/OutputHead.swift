public import Kernels

/// The last layer, `z = s · w + β`, with `s` `[B, I]`, `w` `[I]` and one global bias.
///
/// - Source: DeepCTR 0.9.0: a head without a bias of its own, and one global bias.
public struct OutputHead: Sendable {
  /// `w`, `[I, 1]`.
  public let weight: Slot
  /// `β`, `[1, 1]`.
  public let bias: Slot

  /// Reserves the tensors as `head.weight` and `head.bias`.
  public init(inputs: Int, in plan: inout ParameterPlan) {
    weight = plan.reserve(
      "head.weight", rows: inputs, columns: 1, .glorotNormal(inputs: inputs, outputs: 1))
    bias = plan.reserve("head.bias", columns: 1, .constant(0))
  }

  /// Writes the logits of all rows.
  public func forward(
    _ s: Matrix, parameters: borrowing Buffer, into logits: inout MutableSpan<Float>
  ) {
    precondition(s.rows == logits.count, "\(s.rows) rows into \(logits.count) logits")
    let w = parameters.span(weight)
    let beta = parameters.span(bias)[0]
    for row in 0..<s.rows { logits[row] = dot(s[row: row], w) + beta }
  }

  /// Computes `dw = sᵀ dz` and `dβ = Σ dz`.
  public func accumulate(_ s: Matrix, logitGradient dz: Span<Float>, gradients: inout Buffer) {
    precondition(s.rows == dz.count, "\(s.rows) rows for \(dz.count) logit gradients")
    var weightGradient = gradients.mutableSpan(weight)
    fill(&weightGradient, with: 0)
    var sum: Float = 0
    for row in 0..<s.rows {
      axpy(dz[row], s[row: row], into: &weightGradient)
      sum += dz[row]
    }
    var biasGradient = gradients.mutableSpan(bias)
    biasGradient[0] = sum
  }

  /// Computes `ds = dz · wᵀ`.
  public func inputGradient(
    logitGradient dz: Span<Float>, parameters: borrowing Buffer, into ds: inout MutableMatrix
  ) {
    precondition(ds.rows == dz.count, "\(ds.rows) rows for \(dz.count) logit gradients")
    let w = parameters.span(weight)
    for row in 0..<ds.rows {
      var span = ds[row: row]
      scale(w, by: dz[row], into: &span)
    }
  }
}
