import Features
public import Kernels

/// A normalisation with statistics and parameters of the row's domain:
/// `y = (γ ⊙ γ_m) ⊙ (x - μ_m) / sqrt(v_m + ε) + β + β_m`.
///
/// `x` and `y` are `[B, I]`, all else `[I]`, `m` the row's domain. `μ_m` and `v_m` are moving averages, in
/// training too, and constants in the gradient: a shard has a handful of rows of each of many domains,
/// too few for statistics of their own, and training and serving follow one rule. They follow the
/// statistics of whole batches, which the trainer sums over shards as it sums gradients.
///
/// After `n` batches with rows of the domain an average that started at zero holds a share
/// `w_m = 1 - 0.99ⁿ` of what it follows; `μ_m` and `v_m` are the averages divided by it, and 0 and 1 before
/// the first batch. Averages that started at 0 and 1 would leave domains of few rows with variances
/// near one for epochs, where embeddings begin at a ten-thousandth of that.
///
/// - Source: Sheng et al., “One Model to Serve All: Star Topology Adaptive Recommender”, 2021, equations
///   1 to 3, which train with the statistics of the batch. The published code of MoE-MLoRA, whose
///   momentum 0.99 this is, trains with the moving averages as well, and starts them at 0 and 1. The
///   division is that of Adam's moments.
public struct PartitionedNorm: Sendable {
  private let scale, shift: Slot
  /// By domain.
  private let domainScales, domainShifts: [Slot]
  private let means, variances: [Slot]
  /// By domain: `w`, `[1]`.
  private let shares: [Slot]
  /// By domain: the sums of `x` and `x²`, and the number of rows, `[D, 2·I + 1]`.
  private let sums: Slot
  /// The floats that are not trained: moving averages, their shares, and sums.
  public let statistics: Range<Int>
  /// For one domain at a time: its factor and its term, the sums for its gradients, and
  /// `1 / sqrt(v_m + ε)`, `[5, I]`.
  let scratch: Slot
  /// `y`, `[B, I]`.
  public let output: Slot
  /// The gradient of `y`.
  public let outputGradient: Slot

  /// What is added to a variance.
  static let epsilon: Float = 1e-3
  /// The share of a moving average that a step keeps.
  static let momentum: Float = 0.99

  /// The trained tensors, reserved before the statistics because trained floats lie together.
  public struct Trained: Sendable {
    fileprivate let scale, shift: Slot
    fileprivate let domainScales, domainShifts: [Slot]

    /// Reserves `norm.scale`, `norm.shift` and `norm.domains.<m>.scale`, `.shift`.
    public init(inputs: Int, domains: Int, in plan: inout ParameterPlan) {
      scale = plan.reserve("norm.scale", columns: inputs, .constant(1))
      shift = plan.reserve("norm.shift", columns: inputs, .constant(0))
      domainScales = (0..<domains).map {
        plan.reserve("norm.domains.\($0).scale", columns: inputs, .constant(1))
      }
      domainShifts = (0..<domains).map {
        plan.reserve("norm.domains.\($0).shift", columns: inputs, .constant(0))
      }
    }
  }

  /// Reserves `norm.domains.<m>.mean`, `.variance` and `.share`, `norm.sums`, and the activations.
  public init(
    _ trained: Trained, capacity: Int, in plan: inout ParameterPlan, activations: inout Layout
  ) {
    scale = trained.scale
    shift = trained.shift
    domainScales = trained.domainScales
    domainShifts = trained.domainShifts
    let (inputs, domains) = (scale.columns, domainScales.count)
    let start = plan.count
    means = (0..<domains).map {
      plan.reserve("norm.domains.\($0).mean", columns: inputs, .constant(0))
    }
    variances = (0..<domains).map {
      plan.reserve("norm.domains.\($0).variance", columns: inputs, .constant(0))
    }
    shares = (0..<domains).map {
      plan.reserve("norm.domains.\($0).share", columns: 1, .constant(0))
    }
    sums = plan.reserve("norm.sums", rows: domains, columns: 2 * inputs + 1, .constant(0))
    statistics = start..<plan.count
    scratch = activations.reserve("norm.scratch", rows: 5, columns: inputs)
    output = activations.reserve("norm.output", rows: capacity, columns: inputs)
    outputGradient = activations.reserve("norm.outputGradient", rows: capacity, columns: inputs)
  }

  /// The multiply-adds of a row.
  public var multiplyAdds: Int { scale.columns }

  /// Computes the outputs of all rows from `x`.
  public func forward(
    _ x: Matrix, parameters: borrowing Buffer, rows: RowContext, arena: borrowing Arena
  ) {
    var y = arena.mutableMatrix(output, rows: rows.count)
    for run in rows.runs {
      formFactors(ofDomain: run.domain, parameters: parameters, arena: arena)
      let views = arena.matrix(scratch, rows: 2)
      let (factors, terms) = (views[row: 0], views[row: 1])
      for row in run.rows {
        var span = y[row: row]
        copy(terms, into: &span)
        addProduct(factors, x[row: row], into: &span)
      }
    }
  }

  /// Writes a domain's factor `γ γ_m / sqrt(v_m + ε)` and term `β + β_m - μ_m · factor`, and what the factor
  /// was multiplied by.
  func formFactors(
    ofDomain domain: Int, parameters: borrowing Buffer, arena: borrowing Arena
  ) {
    let moments = moments(ofDomain: domain, parameters)
    let views = arena.matrix(scratch, rows: 5)
    var rows = arena.mutableMatrix(scratch, rows: 5)
    var inverses = rows[row: 4]
    inverseSquareRoots(
      of: parameters.span(variances[domain]), times: moments.scale, plus: moments.offset,
      into: &inverses)
    // Where the terms will be.
    var scales = rows[row: 1]
    product(parameters.span(scale), parameters.span(domainScales[domain]), into: &scales)
    var factors = rows[row: 0]
    product(views[row: 1], views[row: 4], into: &factors)
    var terms = rows[row: 1]
    copy(parameters.span(shift), into: &terms)
    add(parameters.span(domainShifts[domain]), into: &terms)
    subtract(moments.scale, times: parameters.span(means[domain]), views[row: 0], from: &terms)
  }

  /// Subtracts `factor · x ⊙ y` from `z`.
  private func subtract(
    _ factor: Float, times x: Span<Float>, _ y: Span<Float>, from z: inout MutableSpan<Float>
  ) {
    let count = z.count
    precondition(x.count == count && y.count == count, "\(x.count) times \(y.count) from \(count)")
    for i in 0..<count { z[i] -= factor * x[i] * y[i] }
  }

  /// What turns a domain's averages into moments: `μ_m` is `scale` times an average, and `v_m + ε` is
  /// `scale` times one plus `offset`.
  private func moments(
    ofDomain domain: Int, _ parameters: borrowing Buffer
  ) -> (scale: Float, offset: Float) {
    let share = parameters.span(shares[domain])[0]
    return share > 0 ? (1 / share, PartitionedNorm.epsilon) : (0, 1 + PartitionedNorm.epsilon)
  }

  /// Overwrites the gradients of all tensors and that of the input, and the sums of the statistics.
  ///
  /// With `G = Σ_B dy ⊙ (x - μ_m) / sqrt(v_m + ε)` of a domain's rows: `dγ = Σ_m G ⊙ γ_m`,
  /// `dγ_m = G ⊙ γ`, `dβ` and `dβ_m` are sums of `dy`.
  public func backward(
    _ x: Matrix, inputGradient: Slot, parameters: borrowing Buffer, gradients: inout Buffer,
    rows: RowContext, arena: borrowing Arena
  ) {
    for slot in [scale, shift, sums] { gradients.zero(slot.range) }
    for slot in domainScales { gradients.zero(slot.range) }
    for slot in domainShifts { gradients.zero(slot.range) }
    let dy = arena.matrix(outputGradient, rows: rows.count)
    var dx = arena.mutableMatrix(inputGradient, rows: rows.count)
    for run in rows.runs {
      formFactors(ofDomain: run.domain, parameters: parameters, arena: arena)
      let factors = arena.matrix(scratch, rows: 1)[row: 0]
      for row in run.rows {
        var span = dx[row: row]
        product(factors, dy[row: row], into: &span)
      }
      sumRows(x, dy, run.rows, arena: arena)
      accumulate(domain: run.domain, parameters: parameters, gradients: &gradients, arena: arena)
      addStatistics(x, run, gradients: &gradients)
    }
  }

  /// Writes `Σ dy` and `Σ dy ⊙ x` of some rows into the last two rows of the scratch.
  private func sumRows(_ x: Matrix, _ dy: Matrix, _ run: Range<Int>, arena: borrowing Arena) {
    var rows = arena.mutableMatrix(scratch, rows: 4)
    for row in 2..<4 {
      var span = rows[row: row]
      fill(&span, with: 0)
    }
    for row in run {
      var plain = rows[row: 2]
      add(dy[row: row], into: &plain)
      var weighed = rows[row: 3]
      addProduct(dy[row: row], x[row: row], into: &weighed)
    }
  }

  /// Adds what those sums come to, to the shared gradients and to those of the rows' domain.
  private func accumulate(
    domain: Int, parameters: borrowing Buffer, gradients: inout Buffer, arena: borrowing Arena
  ) {
    normaliseSums(ofDomain: domain, parameters: parameters, arena: arena)
    let rows = arena.matrix(scratch, rows: 4)
    let (plain, normalised) = (rows[row: 2], rows[row: 3])
    var scaleGradient = gradients.mutableSpan(scale)
    addProduct(normalised, parameters.span(domainScales[domain]), into: &scaleGradient)
    var ownScaleGradient = gradients.mutableSpan(domainScales[domain])
    product(normalised, parameters.span(scale), into: &ownScaleGradient)
    var shiftGradient = gradients.mutableSpan(shift)
    add(plain, into: &shiftGradient)
    var ownShiftGradient = gradients.mutableSpan(domainShifts[domain])
    copy(plain, into: &ownShiftGradient)
  }

  /// Turns `Σ dy ⊙ x` in the scratch into `G = (Σ dy ⊙ x - μ_m ⊙ Σ dy) / sqrt(v_m + ε)`.
  private func normaliseSums(
    ofDomain domain: Int, parameters: borrowing Buffer, arena: borrowing Arena
  ) {
    let views = arena.matrix(scratch, rows: 5)
    var rows = arena.mutableMatrix(scratch, rows: 5)
    var weighed = rows[row: 3]
    subtract(
      moments(ofDomain: domain, parameters).scale, times: parameters.span(means[domain]),
      views[row: 2], from: &weighed)
    let inverses = views[row: 4]
    precondition(inverses.count == weighed.count, "\(inverses.count) for \(weighed.count)")
    for i in 0..<weighed.count { weighed[i] *= inverses[i] }
  }

  private func addStatistics(_ x: Matrix, _ run: DomainRun, gradients: inout Buffer) {
    let inputs = scale.columns
    let start = sums.offset + run.domain * sums.columns
    for row in run.rows {
      let values = x[row: row]
      var sums = gradients.mutableSpan(start..<start + inputs)
      add(values, into: &sums)
      var squares = gradients.mutableSpan(start + inputs..<start + 2 * inputs)
      addProduct(values, values, into: &squares)
    }
    var counts = gradients.mutableSpan(start + 2 * inputs..<start + sums.columns)
    counts[0] += Float(run.rows.count)
  }

  /// Moves the averages of domains that occurred towards the statistics of a batch.
  ///
  /// `totals` are the sums over all shards of what the backward pass left in the slots of
  /// ``statistics``.
  public func updateStatistics(from totals: Span<Float>, parameters: inout Buffer) {
    let inputs = scale.columns
    for domain in means.indices {
      let start = sums.offset - statistics.lowerBound + domain * sums.columns
      let count = totals[start + 2 * inputs]
      guard count > 0 else { continue }
      let sums = totals.extracting(start..<start + inputs)
      let squares = totals.extracting(start + inputs..<start + 2 * inputs)
      var meanAverages = parameters.mutableSpan(means[domain])
      for i in 0..<inputs { meanAverages.move(i, towards: sums[i] / count) }
      var varianceAverages = parameters.mutableSpan(variances[domain])
      for i in 0..<inputs {
        let mean = sums[i] / count
        // The biased variance; the difference of two sums may fall below zero.
        varianceAverages.move(i, towards: max(0, squares[i] / count - mean * mean))
      }
      var share = parameters.mutableSpan(shares[domain])
      share.move(0, towards: 1)
    }
  }
}

extension MutableSpan<Float> {
  /// Moves one element by the share that a moving average gives up.
  fileprivate mutating func move(_ index: Int, towards value: Float) {
    self[index] += (1 - PartitionedNorm.momentum) * (value - self[index])
  }
}
