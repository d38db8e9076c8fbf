import Kernels
import Layers

/// AutoInt: fields attend to each other beside the tower, `z = [attention(x); tower(x)] · w + lin + β`.
///
/// Three layers of four heads of width eight.
///
/// - Source: Song et al., “AutoInt”, 2019; unscaled scores and a wide part as in DeepCTR 0.9.0, heads as
///   in the reference code of arXiv 2506.07563.
struct AutoInt: Backbone {
  private static let (layers, heads, headWidth) = (3, 4, 8)

  static func headFeatures(fields: Int, width: Int) -> Int { fields * heads * headWidth }

  private let attention: SelfAttention

  init(_ plan: inout ModelPlan) {
    attention = SelfAttention(
      fields: plan.fields, width: plan.width, layers: AutoInt.layers, heads: AutoInt.heads,
      headWidth: AutoInt.headWidth, capacity: plan.capacity, in: &plan.parameters,
      activations: &plan.activations)
  }

  var headFeatures: FeatureSlots? {
    FeatureSlots(value: attention.output, gradient: attention.outputGradient)
  }

  var multiplyAdds: Int { attention.multiplyAdds }

  func forward(
    _ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena,
    into logits: inout MutableSpan<Float>
  ) {
    attention.forward(x, parameters: parameters, arena: arena)
  }

  func backward(
    _ x: Matrix, logitGradient: Span<Float>, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena
  ) {
    attention.backward(
      x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
      arena: arena)
  }
}
