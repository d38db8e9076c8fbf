import Kernels
import Layers

/// STAR: a normalisation per domain, then layers whose weights are shared ones times the domain's.
///
/// `z = star_3(star_2(star_1(norm(x)))) · w + β`, without dropout, as in its paper; without the auxiliary
/// network, which the published configurations leave out.
///
/// - Source: Sheng et al., “One Model to Serve All: Star Topology Adaptive Recommender”, 2021.
struct STAR: DeepNetwork {
  let backboneStart: Int
  let statistics: Range<Int>
  let norm: PartitionedNorm
  let layers: [StarDense]
  private let head: OutputHead

  /// Reserves norm, layers and head, then the norm's statistics.
  init(_ plan: inout ModelPlan, input: FeatureSlots) {
    backboneStart = plan.parameters.count
    let domains = plan.schema.domainCount
    let trained = PartitionedNorm.Trained(
      inputs: input.value.columns, domains: domains, in: &plan.parameters)
    var inputs = input.value.columns
    var layers: [StarDense] = []
    for (index, width) in plan.configuration.hidden.enumerated() {
      layers.append(
        StarDense(
          "star.\(index)", inputs: inputs, outputs: width, domains: domains,
          capacity: plan.capacity, in: &plan.parameters, activations: &plan.activations))
      inputs = width
    }
    self.layers = layers
    head = OutputHead(inputs: inputs, in: &plan.parameters)
    norm = PartitionedNorm(
      trained, capacity: plan.capacity, in: &plan.parameters, activations: &plan.activations)
    statistics = norm.statistics
  }

  func forward(
    _ input: DeepInput, parameters: borrowing Buffer, rows: RowContext, mode: ModelMode,
    arena: borrowing Arena, into logits: inout MutableSpan<Float>
  ) {
    norm.forward(
      arena.matrix(input.embeddings.value, rows: rows.count), parameters: parameters, rows: rows,
      arena: arena)
    var below = norm.output
    for layer in layers {
      layer.forward(
        arena.matrix(below, rows: rows.count), parameters: parameters, rows: rows, arena: arena)
      below = layer.output
    }
    head.forward(arena.matrix(below, rows: rows.count), parameters: parameters, into: &logits)
  }

  func backward(
    _ input: DeepInput, logitGradient: Span<Float>, parameters: borrowing Buffer,
    gradients: inout Buffer, rows: RowContext, mode: ModelMode, trainable: TrainableParts,
    arena: borrowing Arena
  ) {
    let last = layers[layers.count - 1]
    head.accumulate(
      arena.matrix(last.output, rows: rows.count), logitGradient: logitGradient,
      gradients: &gradients)
    var outputGradient = arena.mutableMatrix(last.outputGradient, rows: rows.count)
    head.inputGradient(
      logitGradient: logitGradient, parameters: parameters, into: &outputGradient)
    for index in layers.indices.reversed() {
      let below = index == 0 ? norm.output : layers[index - 1].output
      layers[index].backward(
        arena.matrix(below, rows: rows.count),
        inputGradient: index == 0 ? norm.outputGradient : layers[index - 1].outputGradient,
        parameters: parameters, gradients: &gradients, rows: rows, arena: arena)
    }
    norm.backward(
      arena.matrix(input.embeddings.value, rows: rows.count),
      inputGradient: input.embeddings.gradient, parameters: parameters, gradients: &gradients,
      rows: rows, arena: arena)
  }

  func updateStatistics(from totals: Span<Float>, parameters: inout Buffer) {
    norm.updateStatistics(from: totals, parameters: &parameters)
  }

  func multiplyAdds(_ mode: ModelMode) -> Int {
    norm.multiplyAdds + layers.reduce(0) { $0 + $1.multiplyAdds } + head.weight.rows
  }
}
