import Kernels
import Layers

/// MMoE and PLE: experts mixed by a gate of the row's domain, then the domain's tower and head.
///
/// `v = Σ_e g_e expert_e(x)`, `g = softmax(x · W_m)`, `z = tower_m(v) · w_m + β_m`. MMoE has shared experts
/// alone; PLE, with one layer of its customised gate control, adds experts that see the rows of their own
/// domain only.
///
/// - Source: Ma et al., 2018 (MMoE); Tang et al., “Progressive Layered Extraction”, 2020, equations 1 to
///   3. A row's task is its domain.
struct GatedExperts: DeepNetwork {
  let backboneStart: Int
  private let shared: [DenseStack]
  /// By domain.
  private let own: [[DenseStack]]
  private let gates: ExpertGates
  private let heads: DomainHeads

  /// Reserves the experts as `experts.<e>` and `domains.<m>.experts.<e>`, gates and heads.
  init(_ plan: inout ModelPlan, input: FeatureSlots, shared: Int, perDomain: Int) {
    let layers = plan.configuration.hidden.count
    // Experts without layers would all share the embeddings' gradient.
    precondition(
      layers >= plan.configuration.backbone.minimumLayers, "experts of \(layers - 1) layers")
    backboneStart = plan.parameters.count
    let widths = Array(plan.configuration.hidden.dropLast())
    let words = DenseStack.dropoutWords(widths: widths)
    let slots = (0..<shared + perDomain).map {
      DenseStack.Activations(
        "experts.\($0)", widths: widths, capacity: plan.capacity, in: &plan.activations)
    }
    func expert(_ name: String, _ index: Int) -> DenseStack {
      DenseStack(
        name, input: input.value, inputGradient: input.gradient, activations: slots[index],
        firstDropoutWord: index * words, in: &plan.parameters)
    }
    let sharedExperts = (0..<shared).map { expert("experts.\($0)", $0) }
    let ownExperts = (0..<plan.schema.domainCount).map { domain in
      (0..<perDomain).map { expert("domains.\(domain).experts.\($0)", shared + $0) }
    }
    self.shared = sharedExperts
    own = ownExperts
    gates = ExpertGates(
      domains: plan.schema.domainCount, inputs: input.value.columns,
      experts: (sharedExperts + (ownExperts.first ?? [])).map { ($0.output, $0.outputGradient) },
      capacity: plan.capacity, in: &plan.parameters, activations: &plan.activations)
    heads = DomainHeads(
      domains: plan.schema.domainCount, input: gates.output, inputGradient: gates.outputGradient,
      widths: plan.configuration.hidden.suffix(1), firstDropoutWord: slots.count * words,
      capacity: plan.capacity, in: &plan.parameters, activations: &plan.activations)
  }

  func forward(
    _ input: DeepInput, parameters: borrowing Buffer, rows: RowContext, mode: ModelMode,
    arena: borrowing Arena, into logits: inout MutableSpan<Float>
  ) {
    for expert in shared {
      expert.forward(parameters: parameters, rows: rows, run: 0..<rows.count, arena: arena)
    }
    for run in rows.runs {
      for expert in own[run.domain] {
        expert.forward(parameters: parameters, rows: rows, run: run.rows, arena: arena)
      }
    }
    gates.forward(
      arena.matrix(input.embeddings.value, rows: rows.count), parameters: parameters, rows: rows,
      arena: arena)
    heads.forward(parameters: parameters, rows: rows, arena: arena, into: &logits)
  }

  func backward(
    _ input: DeepInput, logitGradient: Span<Float>, parameters: borrowing Buffer,
    gradients: inout Buffer, rows: RowContext, mode: ModelMode, trainable: TrainableParts,
    arena: borrowing Arena
  ) {
    heads.backward(
      logitGradient: logitGradient, parameters: parameters, gradients: &gradients, rows: rows,
      arena: arena)
    // Gates and experts all add to the gradient of the embeddings.
    arena.zero(input.embeddings.gradient, rows: rows.count)
    gates.backward(
      arena.matrix(input.embeddings.value, rows: rows.count),
      inputGradient: input.embeddings.gradient, parameters: parameters, gradients: &gradients,
      rows: rows, arena: arena)
    for expert in shared {
      expert.backward(
        addsToInput: true, parameters: parameters, gradients: &gradients, rows: rows,
        run: 0..<rows.count, arena: arena)
    }
    for expert in own.joined() { expert.clearGradients(&gradients) }
    for run in rows.runs {
      for expert in own[run.domain] {
        expert.backward(
          addsToInput: true, parameters: parameters, gradients: &gradients, rows: rows,
          run: run.rows, arena: arena)
      }
    }
  }

  func multiplyAdds(_ mode: ModelMode) -> Int {
    let experts = shared + (own.first ?? [])
    return experts.reduce(0) { $0 + $1.multiplyAdds } + gates.multiplyAdds + heads.multiplyAdds
  }
}
