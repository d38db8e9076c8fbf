public import Kernels

/// Mixes experts' outputs by a gate of the row's domain: `v = Σ_e g_e y_e`, `g = softmax(x · W_m)`.
///
/// `x` `[B, I]` are the concatenated embeddings, `W_m` `[I, E]` is domain `m`'s, `y_e` and `v` are `[B, O]`.
///
/// - Source: Ma et al., “Modeling Task Relationships in Multi-task Learning with Multi-gate
///   Mixture-of-Experts”, 2018, equations 5 to 7; a row's task is its domain.
public struct ExpertGates: Sendable {
  private let weights: [Slot]
  private let experts: [(value: Slot, gradient: Slot)]
  /// `g`, `[B, E]`, and its gradient.
  private let gates: Slot
  private let gateGradient: Slot
  /// `v`, `[B, O]`.
  public let output: Slot
  /// The gradient of `v`.
  public let outputGradient: Slot

  /// Reserves `domains.<m>.gate` for every domain, and the activations.
  ///
  /// `experts` are the slots of `y_e` and of their gradients.
  public init(
    domains: Int, inputs: Int, experts: [(value: Slot, gradient: Slot)], capacity: Int,
    in plan: inout ParameterPlan, activations: inout Layout
  ) {
    guard let outputs = experts.first?.value.columns else {
      preconditionFailure("a mixture of no experts")
    }
    let count = experts.count
    weights = (0..<domains).map {
      plan.reserve(
        "domains.\($0).gate", rows: inputs, columns: count,
        .glorotUniform(inputs: inputs, outputs: count))
    }
    self.experts = experts
    gates = activations.reserve("domains.gates", rows: capacity, columns: count)
    gateGradient = activations.reserve("domains.gateGradient", rows: capacity, columns: count)
    output = activations.reserve("domains.mixture", rows: capacity, columns: outputs)
    outputGradient = activations.reserve(
      "domains.mixtureGradient", rows: capacity, columns: outputs)
  }

  /// The multiply-adds of a row: the gate, and the mixing of `E` outputs.
  public var multiplyAdds: Int { (weights.first?.count ?? 0) + experts.count * output.columns }

  /// Computes ``output`` from the experts' outputs.
  public func forward(
    _ x: Matrix, parameters: borrowing Buffer, rows: RowContext, arena: borrowing Arena
  ) {
    var g = arena.mutableMatrix(gates, rows: rows.count)
    for run in rows.runs {
      var block = g.rows(run.rows)
      multiply(x.rows(run.rows), parameters.matrix(weights[run.domain]), into: &block)
    }
    softmaxRows(&g)
    arena.zero(output, rows: rows.count)
    var v = arena.mutableMatrix(output, rows: rows.count)
    for (expert, slots) in experts.enumerated() {
      let y = arena.matrix(slots.value, rows: rows.count)
      for row in 0..<rows.count {
        var mixture = v[row: row]
        axpy(g.view[row: row][expert], y[row: row], into: &mixture)
      }
    }
  }

  /// Overwrites the gradients of the gates' weights and of the experts' outputs, and adds to that of `x`.
  ///
  /// `dy_e = g_e dv`, `dg_e = <dv, y_e>`, and `dq_e = g_e (dg_e - Σ_k g_k dg_k)` for the softmax's input.
  public func backward(
    _ x: Matrix, inputGradient: Slot, parameters: borrowing Buffer, gradients: inout Buffer,
    rows: RowContext, arena: borrowing Arena
  ) {
    differentiateMixture(rows: rows, arena: arena)
    let g = arena.matrix(gates, rows: rows.count)
    var dq = arena.mutableMatrix(gateGradient, rows: rows.count)
    softmaxBackward(g, &dq)
    for weight in weights { gradients.zero(weight.range) }
    var dx = arena.mutableMatrix(inputGradient, rows: rows.count)
    for run in rows.runs {
      let block = dq.view.rows(run.rows)
      var weightGradient = gradients.mutableMatrix(weights[run.domain])
      multiply(transposed: x.rows(run.rows), block, into: &weightGradient)
      var dxRows = dx.rows(run.rows)
      multiply(
        block, transposed: parameters.matrix(weights[run.domain]), beta: 1, into: &dxRows)
    }
  }

  /// Computes `dy_e` and `dg_e`.
  private func differentiateMixture(rows: RowContext, arena: borrowing Arena) {
    let g = arena.matrix(gates, rows: rows.count)
    let dv = arena.matrix(outputGradient, rows: rows.count)
    var dg = arena.mutableMatrix(gateGradient, rows: rows.count)
    for (expert, slots) in experts.enumerated() {
      let y = arena.matrix(slots.value, rows: rows.count)
      var dy = arena.mutableMatrix(slots.gradient, rows: rows.count)
      for row in 0..<rows.count {
        var gradient = dy[row: row]
        scale(dv[row: row], by: g[row: row][expert], into: &gradient)
        var weights = dg[row: row]
        weights[expert] = dot(dv[row: row], y[row: row])
      }
    }
  }
}

/// Turns the gradient of a softmax's output into that of its input, row by row.
///
/// `dq_j = g_j (dg_j - Σ_k g_k dg_k)`; `dq` holds `dg` before.
func softmaxBackward(_ g: Matrix, _ dq: inout MutableMatrix) {
  for row in 0..<g.rows {
    let weights = g[row: row]
    var gradient = dq[row: row]
    var mean: Float = 0
    for expert in 0..<weights.count { mean += weights[expert] * gradient[expert] }
    for expert in 0..<weights.count {
      gradient[expert] = weights[expert] * (gradient[expert] - mean)
    }
  }
}
