public import Kernels

/// A layer whose weights are shared ones times the domain's: `y = ReLU(x · (W ⊙ W_m) + b + b_m)`.
///
/// `x` is `[B, I]`, `W` and every `W_m` `[I, O]`, `b` and every `b_m` `[O]`, `m` the row's domain. Domains
/// start with ones and zeros, so that all domains begin alike; products of two random factors would
/// start far too small.
///
/// - Source: Sheng et al., “One Model to Serve All: Star Topology Adaptive Recommender”, 2021, equations
///   4 and 5.
public struct StarDense: Sendable {
  private let weight: Slot
  private let bias: Slot
  /// By domain.
  private let domainWeights: [Slot]
  private let domainBiases: [Slot]
  /// `W ⊙ W_m` and `b + b_m` of one domain at a time, and their gradients.
  let effective, effectiveBias: Slot
  private let effectiveGradient, effectiveBiasGradient: Slot
  /// `y`, `[B, O]`.
  public let output: Slot
  /// The gradient of `y`.
  public let outputGradient: Slot

  /// Reserves `name.weight`, `name.bias`, `name.domains.<m>.weight`, `.bias`, and the activations.
  public init(
    _ name: String, inputs: Int, outputs: Int, domains: Int, capacity: Int,
    in plan: inout ParameterPlan, activations: inout Layout
  ) {
    weight = plan.reserve(
      "\(name).weight", rows: inputs, columns: outputs,
      .glorotUniform(inputs: inputs, outputs: outputs))
    bias = plan.reserve("\(name).bias", columns: outputs, .constant(0))
    var weights: [Slot] = []
    var biases: [Slot] = []
    for domain in 0..<domains {
      weights.append(
        plan.reserve(
          "\(name).domains.\(domain).weight", rows: inputs, columns: outputs, .constant(1)))
      biases.append(
        plan.reserve("\(name).domains.\(domain).bias", columns: outputs, .constant(0)))
    }
    domainWeights = weights
    domainBiases = biases
    func activation(_ suffix: String, _ rows: Int, _ columns: Int) -> Slot {
      activations.reserve("\(name).\(suffix)", rows: rows, columns: columns)
    }
    effective = activation("effective", inputs, outputs)
    effectiveBias = activation("effectiveBias", 1, outputs)
    effectiveGradient = activation("effectiveGradient", inputs, outputs)
    effectiveBiasGradient = activation("effectiveBiasGradient", 1, outputs)
    output = activation("output", capacity, outputs)
    outputGradient = activation("outputGradient", capacity, outputs)
  }

  /// The multiply-adds of a row; forming the domain's weights is shared by the domain's rows.
  public var multiplyAdds: Int { weight.count }

  /// Computes the outputs of all rows from `x`.
  public func forward(
    _ x: Matrix, parameters: borrowing Buffer, rows: RowContext, arena: borrowing Arena
  ) {
    var all = arena.mutableMatrix(output, rows: rows.count)
    for run in rows.runs {
      formWeights(ofDomain: run.domain, parameters: parameters, arena: arena)
      var y = all.rows(run.rows)
      multiply(x.rows(run.rows), arena.matrix(effective, rows: effective.rows), into: &y)
      rectify(&y, bias: arena.matrix(effectiveBias, rows: 1)[row: 0])
    }
  }

  func formWeights(
    ofDomain domain: Int, parameters: borrowing Buffer, arena: borrowing Arena
  ) {
    let (shared, own) = (parameters.matrix(weight), parameters.matrix(domainWeights[domain]))
    var weights = arena.mutableMatrix(effective, rows: effective.rows)
    for row in 0..<shared.rows {
      var span = weights[row: row]
      product(shared[row: row], own[row: row], into: &span)
    }
    var biases = arena.mutableMatrix(effectiveBias, rows: 1)
    var sum = biases[row: 0]
    copy(parameters.span(bias), into: &sum)
    add(parameters.span(domainBiases[domain]), into: &sum)
  }

  /// Overwrites the gradients of all tensors and that of the input.
  ///
  /// With `δ = dy ⊙ [y > 0]` and `V = xᵀ δ` of a domain's rows: `dW = Σ_m V ⊙ W_m`, `dW_m = V ⊙ W`, `db`
  /// and `db_m` are sums of `δ`, and `dx = δ (W ⊙ W_m)ᵀ`.
  public func backward(
    _ x: Matrix, inputGradient: Slot, parameters: borrowing Buffer, gradients: inout Buffer,
    rows: RowContext, arena: borrowing Arena
  ) {
    for slot in [weight, bias] { gradients.zero(slot.range) }
    for slot in domainWeights { gradients.zero(slot.range) }
    for slot in domainBiases { gradients.zero(slot.range) }
    var allGradients = arena.mutableMatrix(outputGradient, rows: rows.count)
    var allInputs = arena.mutableMatrix(inputGradient, rows: rows.count)
    for run in rows.runs {
      arena.zero(effectiveBiasGradient, rows: 1)
      var biasGradients = arena.mutableMatrix(effectiveBiasGradient, rows: 1)
      var biasGradient = biasGradients[row: 0]
      var dy = allGradients.rows(run.rows)
      rectifyBackward(
        arena.matrix(output, rows: rows.count).rows(run.rows), &dy, scale: 1,
        addingTo: &biasGradient)
      var weightGradient = arena.mutableMatrix(effectiveGradient, rows: effective.rows)
      multiply(transposed: x.rows(run.rows), dy.view, into: &weightGradient)
      accumulate(domain: run.domain, parameters: parameters, gradients: &gradients, arena: arena)
      formWeights(ofDomain: run.domain, parameters: parameters, arena: arena)
      var dx = allInputs.rows(run.rows)
      multiply(dy.view, transposed: arena.matrix(effective, rows: effective.rows), into: &dx)
    }
  }

  /// Adds a domain's gradients of the weights it used to those of both factors.
  private func accumulate(
    domain: Int, parameters: borrowing Buffer, gradients: inout Buffer, arena: borrowing Arena
  ) {
    let used = arena.matrix(effectiveGradient, rows: effective.rows)
    let usedBias = arena.matrix(effectiveBiasGradient, rows: 1)
    for row in 0..<used.rows {
      var shared = gradients.mutableMatrix(weight)
      var span = shared[row: row]
      addProduct(
        used[row: row], parameters.matrix(domainWeights[domain])[row: row], into: &span)
    }
    for row in 0..<used.rows {
      var own = gradients.mutableMatrix(domainWeights[domain])
      var span = own[row: row]
      product(used[row: row], parameters.matrix(weight)[row: row], into: &span)
    }
    var sharedBias = gradients.mutableSpan(bias)
    add(usedBias[row: 0], into: &sharedBias)
    var ownBias = gradients.mutableSpan(domainBiases[domain])
    copy(usedBias[row: 0], into: &ownBias)
  }
}
