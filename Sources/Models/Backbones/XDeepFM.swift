import Kernels
import Layers

/// xDeepFM: a compressed interaction network beside the tower, `z = tower(x) · w + CIN(x) + lin + β`.
///
/// Two layers of 128 maps, half of the first for the output.
///
/// - Source: Lian et al., “xDeepFM”, arXiv 1803.05170; sizes as in DeepCTR 0.9.0.
struct XDeepFM: Backbone {
  private let interaction: CompressedInteraction

  init(_ plan: inout ModelPlan) {
    interaction = CompressedInteraction(
      fields: plan.fields, width: plan.width, maps: [128, 128], capacity: plan.capacity,
      in: &plan.parameters, activations: &plan.activations)
  }

  var multiplyAdds: Int { interaction.multiplyAdds }

  func forward(
    _ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena,
    into logits: inout MutableSpan<Float>
  ) {
    interaction.forward(x, parameters: parameters, arena: arena, into: &logits)
  }

  func backward(
    _ x: Matrix, logitGradient: Span<Float>, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena
  ) {
    interaction.backward(
      x, logitGradient: logitGradient, inputGradient: inputGradient, parameters: parameters,
      gradients: &gradients, arena: arena)
  }
}
