import Kernels
import Layers

/// Shared-Bottom: all tower layers but the last are shared, the last one and the head are the domain's.
///
/// `h = tower(x)`, `z = tower_m(h) · w_m + β_m`, with `m` the row's domain.
///
/// - Source: Caruana, “Multitask Learning”, 1997; a row's task is its domain.
struct SharedBottom: DeepNetwork {
  let backboneStart: Int
  let bottom: DenseStack
  let heads: DomainHeads

  /// Reserves bottom and heads, reading embeddings `[B, F·K]` at `input`.
  init(_ plan: inout ModelPlan, input: FeatureSlots) {
    backboneStart = plan.parameters.count
    let widths = Array(plan.configuration.hidden.dropLast())
    bottom = DenseStack(
      "bottom", input: input.value, inputGradient: input.gradient,
      activations: DenseStack.Activations(
        "bottom", widths: widths, capacity: plan.capacity, in: &plan.activations),
      firstDropoutWord: 0, in: &plan.parameters)
    heads = DomainHeads(
      domains: plan.schema.domainCount, input: bottom.output,
      inputGradient: bottom.outputGradient, widths: plan.configuration.hidden.suffix(1),
      firstDropoutWord: DenseStack.dropoutWords(widths: widths), capacity: plan.capacity,
      in: &plan.parameters, activations: &plan.activations)
  }

  func forward(
    _ input: DeepInput, parameters: borrowing Buffer, rows: RowContext, mode: ModelMode,
    arena: borrowing Arena, into logits: inout MutableSpan<Float>
  ) {
    bottom.forward(parameters: parameters, rows: rows, run: 0..<rows.count, arena: arena)
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
    bottom.backward(
      parameters: parameters, gradients: &gradients, rows: rows, run: 0..<rows.count, arena: arena)
  }

  func multiplyAdds(_ mode: ModelMode) -> Int { bottom.multiplyAdds + heads.multiplyAdds }
}
