public import Kernels

/// A tower and an output head for each domain, of which a row passes those of its own domain.
///
/// `z = tower_m(h) · w_m + β_m`, with `m` the row's domain.
public struct DomainHeads: Sendable {
  let towers: [DenseStack]
  let heads: [OutputHead]

  /// Reserves `domains.<m>.tower.<l>` and `domains.<m>.head` for every domain.
  ///
  /// - Parameters:
  ///   - domains: the number of domains, `D`.
  ///   - input: what the towers read, `[B, I]`.
  ///   - inputGradient: where they write its gradient.
  ///   - widths: the towers' widths.
  ///   - firstDropoutWord: the first word that no layer below uses.
  ///   - capacity: the most rows.
  ///   - plan: the parameters under construction.
  ///   - activations: the activations under construction.
  public init(
    domains: Int, input: Slot, inputGradient: Slot, widths: [Int], firstDropoutWord: Int,
    capacity: Int, in plan: inout ParameterPlan, activations: inout Layout
  ) {
    let slots = DenseStack.Activations(
      "domains.tower", widths: widths, capacity: capacity, in: &activations)
    var towers: [DenseStack] = []
    var heads: [OutputHead] = []
    for domain in 0..<domains {
      let tower = DenseStack(
        "domains.\(domain).tower", input: input, inputGradient: inputGradient,
        activations: slots, firstDropoutWord: firstDropoutWord, in: &plan)
      towers.append(tower)
      heads.append(
        OutputHead("domains.\(domain).head", inputs: tower.output.columns, in: &plan))
    }
    self.towers = towers
    self.heads = heads
  }

  /// The multiply-adds of a row.
  public var multiplyAdds: Int {
    (towers.first?.multiplyAdds ?? 0) + (heads.first?.weight.rows ?? 0)
  }

  /// Adds each row's logit.
  public func forward(
    parameters: borrowing Buffer, rows: RowContext, arena: borrowing Arena,
    into logits: inout MutableSpan<Float>
  ) {
    for run in rows.runs {
      let tower = towers[run.domain]
      tower.forward(parameters: parameters, rows: rows, run: run.rows, arena: arena)
      heads[run.domain].forward(
        arena.matrix(tower.output, rows: rows.count).rows(run.rows), parameters: parameters,
        into: &logits, at: run.rows.lowerBound)
    }
  }

  /// Overwrites the gradients of all domains' parameters, and that of the input.
  ///
  /// Those of a domain without a row in the shard are zero.
  public func backward(
    logitGradient: Span<Float>, parameters: borrowing Buffer, gradients: inout Buffer,
    rows: RowContext, arena: borrowing Arena
  ) {
    for domain in towers.indices {
      towers[domain].clearGradients(&gradients)
      gradients.zero(heads[domain].range)
    }
    for run in rows.runs {
      let (tower, head) = (towers[run.domain], heads[run.domain])
      let dz = logitGradient.extracting(run.rows)
      head.accumulate(
        arena.matrix(tower.output, rows: rows.count).rows(run.rows), logitGradient: dz,
        gradients: &gradients)
      var all = arena.mutableMatrix(tower.outputGradient, rows: rows.count)
      var outputGradient = all.rows(run.rows)
      head.inputGradient(logitGradient: dz, parameters: parameters, into: &outputGradient)
      tower.backward(
        parameters: parameters, gradients: &gradients, rows: rows, run: run.rows, arena: arena)
    }
  }
}
