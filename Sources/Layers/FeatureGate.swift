public import Kernels

/// A gate that sees the sample: `g = softmax(x · W + T[m])`.
///
/// `x` `[B, I]` are the concatenated embeddings, `W` is `[I, E]`, and `T` `[D, E]` holds logits per domain.
///
/// - Source: the per-input gating that MoE-MLoRA, arXiv 2506.07563, describes; its code has a gate of the domain alone.
public struct FeatureGate: Sendable {
  /// `W`, `[I, E]`.
  public let weight: Slot
  /// `T`, `[D, E]`.
  public let domainLogits: Slot

  /// Reserves the tensors as `gate.weight` and `gate.domainLogits`.
  ///
  /// With an `ownDomainShare`, `W` starts at zero and domain `m` with this weight on its own experts;
  /// without, `W` starts at random and `T` at zero.
  public init(
    inputs: Int, domains: Int, experts: Int, ownDomainShare: Double?, in plan: inout ParameterPlan
  ) {
    weight = plan.reserve(
      "gate.weight", rows: inputs, columns: experts,
      ownDomainShare == nil ? .glorotUniform(inputs: inputs, outputs: experts) : .constant(0))
    domainLogits = plan.reserve(
      "gate.domainLogits", rows: domains, columns: experts,
      ownDomainShare.map { .ownDomainLogits(share: $0) } ?? .constant(0))
  }

  func forward(
    _ x: Matrix, parameters: borrowing Buffer, rows: RowContext, into g: inout MutableMatrix
  ) {
    multiply(x, parameters.matrix(weight), into: &g)
    let logits = parameters.matrix(domainLogits)
    for run in rows.runs {
      var block = g.rows(run.rows)
      addBias(logits[row: run.domain], to: &block)
    }
    softmaxRows(&g)
  }

  /// Computes `dW = xᵀ dq` and `dT[m] = Σ dq`.
  func accumulate(_ x: Matrix, _ dq: Matrix, gradients: inout Buffer, rows: RowContext) {
    var weightGradient = gradients.mutableMatrix(weight)
    multiply(transposed: x, dq, into: &weightGradient)
    gradients.zero(domainLogits.range)
    var logitGradient = gradients.mutableMatrix(domainLogits)
    for run in rows.runs {
      var span = logitGradient[row: run.domain]
      addRows(of: dq.rows(run.rows), into: &span)
    }
  }
}
