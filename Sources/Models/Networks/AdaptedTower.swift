import Features
import Kernels
import Layers

/// The deep part of every backbone: a tower with adapters, the gate that mixes them, and a head.
///
/// `z = [features; s] · w + β`, with `s` the tower's output.
///
/// - Source: MoE-MLoRA, arXiv 2506.07563.
struct AdaptedTower: DeepNetwork {
  let gateRange: Range<Int>
  let adapterRanges: [Range<Int>]
  let backboneStart: Int
  let gate: Gate?
  let tower: Tower
  let head: OutputHead

  /// Reserves gate, adapters, tower and head, in this order.
  init(_ plan: inout ModelPlan, inputs: Int, headFeatures: Int) {
    let configuration = plan.configuration
    gate = AdaptedTower.gate(&plan)
    gateRange = 0..<plan.parameters.count
    var adapters: [[Adapter]] = []
    var ranges: [Range<Int>] = []
    for name in AdaptedTower.adapterNames(plan) {
      let start = plan.parameters.count
      adapters.append(
        Tower.adapters(
          name, inputs: inputs, widths: configuration.hidden,
          reduction: configuration.adapterReduction, in: &plan.parameters))
      ranges.append(start..<plan.parameters.count)
    }
    adapterRanges = ranges
    backboneStart = plan.parameters.count
    tower = Tower(
      inputs: inputs, widths: configuration.hidden, adapters: adapters,
      mixes: gate != nil, capacity: plan.capacity, in: &plan.parameters,
      activations: &plan.activations)
    head = OutputHead(features: headFeatures, inputs: tower.output.columns, in: &plan.parameters)
  }

  private static func gate(_ plan: inout ModelPlan) -> Gate? {
    guard plan.configuration.adaptation.mixesExperts else { return nil }
    let settings = plan.configuration.gate
    let share = settings.initialisation == .ownDomain ? GateConfiguration.ownDomainShare : nil
    switch settings.input {
    case .domain:
      let gate = DomainGate(
        domains: plan.schema.domainCount, experts: plan.experts, ownDomainShare: share,
        in: &plan.parameters, activations: &plan.activations)
      return Gate(
        gate, experts: plan.experts, capacity: plan.capacity, activations: &plan.activations)
    case .features:
      let gate = FeatureGate(
        inputs: plan.fields * plan.width, domains: plan.schema.domainCount,
        experts: plan.experts, ownDomainShare: share, in: &plan.parameters)
      return Gate(
        gate, experts: plan.experts, capacity: plan.capacity, activations: &plan.activations)
    }
  }

  private static func adapterNames(_ plan: ModelPlan) -> [String] {
    switch plan.configuration.adaptation {
    case .none: []
    case .mlora: (0..<plan.schema.domainCount).map { "domains.\($0)" }
    case .moe, .compat: (0..<plan.experts).map { "experts.\($0)" }
    }
  }

  func prepare(_ parameters: borrowing Buffer, mode: ModelMode, arena: borrowing Arena) {
    if case .gated = mode { tower.pack(parameters, arena: arena) }
  }

  func forward(
    _ input: DeepInput, parameters: borrowing Buffer, rows: RowContext, mode: ModelMode,
    arena: borrowing Arena, into logits: inout MutableSpan<Float>
  ) {
    if case .gated = mode, let gate {
      gate.forward(
        arena.matrix(input.embeddings.value, rows: rows.count), parameters: parameters,
        rows: rows, arena: arena)
    }
    tower.forward(
      input: input.tower.value, parameters: parameters, rows: rows, selection: mode.selection,
      gates: gate?.output, arena: arena)
    head.forward(
      arena.matrix(tower.output, rows: rows.count), parameters: parameters, into: &logits)
    if let features = input.head {
      head.addFeatures(
        arena.matrix(features.value, rows: rows.count), parameters: parameters, into: &logits)
    }
  }

  func backward(
    _ input: DeepInput, logitGradient: Span<Float>, parameters: borrowing Buffer,
    gradients: inout Buffer, rows: RowContext, mode: ModelMode, trainable: TrainableParts,
    arena: borrowing Arena
  ) {
    let trainsBackbone = trainable.contains(.backbone)
    if trainsBackbone {
      trainHead(
        input, logitGradient: logitGradient, parameters: parameters, gradients: &gradients,
        rows: rows, arena: arena)
    }
    var outputGradient = arena.mutableMatrix(tower.outputGradient, rows: rows.count)
    head.inputGradient(
      logitGradient: logitGradient, parameters: parameters, into: &outputGradient)
    if case .gated = mode { gate?.clearGradient(rows: rows, arena: arena) }
    tower.backward(
      input: input.tower.value, inputGradient: trainsBackbone ? input.tower.gradient : nil,
      parameters: parameters, gradients: &gradients, rows: rows, selection: mode.selection,
      trainable: trainable, gates: gate?.output, gateGradient: gate?.outputGradient, arena: arena)
    guard case .gated = mode, let gate else { return }
    gate.backward(
      arena.matrix(input.embeddings.value, rows: rows.count), parameters: parameters,
      gradients: &gradients, rows: rows, trains: trainable.contains(.gate),
      inputGradient: trainsBackbone ? input.embeddings.gradient : nil, arena: arena)
  }

  private func trainHead(
    _ input: DeepInput, logitGradient: Span<Float>, parameters: borrowing Buffer,
    gradients: inout Buffer, rows: RowContext, arena: borrowing Arena
  ) {
    head.accumulate(
      arena.matrix(tower.output, rows: rows.count), logitGradient: logitGradient,
      gradients: &gradients)
    guard let features = input.head else { return }
    head.accumulateFeatures(
      arena.matrix(features.value, rows: rows.count), logitGradient: logitGradient,
      gradients: &gradients)
    var featureGradient = arena.mutableMatrix(features.gradient, rows: rows.count)
    head.featureGradient(
      logitGradient: logitGradient, parameters: parameters, into: &featureGradient)
  }

  func multiplyAdds(_ mode: ModelMode) -> Int {
    let widths = tower.layers.map { ($0.weight.rows, $0.weight.columns) }
    let dense = widths.reduce(0) { $0 + $1.0 * $1.1 } + head.weight.rows
    let adapter = tower.layers.reduce(0) { sum, layer in
      sum + (layer.adapters.first.map { $0.down.count + $0.up.count } ?? 0)
    }
    switch mode {
    case .backbone: return dense
    case .expert, .domainAdapters: return dense + adapter
    case .gated:
      // Each expert's update is weighed once per unit.
      let mixing = widths.reduce(0) { $0 + $1.1 }
      return dense + adapterRanges.count * (adapter + mixing) + (gate?.multiplyAdds ?? 0)
    }
  }

  func inputMultiplyAdds(_ mode: ModelMode) -> Int {
    let first = tower.layers[0]
    let adapter = first.adapters.first?.down.count ?? 0
    switch mode {
    case .backbone: return first.weight.count
    case .expert, .domainAdapters: return first.weight.count + adapter
    case .gated: return first.weight.count + adapterRanges.count * adapter
    }
  }
}
