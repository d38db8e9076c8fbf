import Kernels
import Layers

/// DCN: two cross layers beside the tower, `z = [cross(x); tower(x)] · w + lin + β`.
///
/// - Source: Wang et al., “Deep & Cross Network for Ad Click Predictions”, 2017; with a wide part, as in
///   DeepCTR 0.9.0.
struct DCN: Backbone {
  static func headFeatures(fields: Int, width: Int) -> Int { fields * width }

  private let cross: CrossNetwork

  init(_ plan: inout ModelPlan) {
    cross = CrossNetwork(
      layers: 2, fields: plan.fields, width: plan.width, capacity: plan.capacity,
      in: &plan.parameters, activations: &plan.activations)
  }

  var headFeatures: FeatureSlots? {
    FeatureSlots(value: cross.output, gradient: cross.outputGradient)
  }

  var penalised: [Slot] { cross.kernels }

  var multiplyAdds: Int { cross.multiplyAdds }

  func forward(
    _ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena,
    into logits: inout MutableSpan<Float>
  ) {
    cross.forward(x, parameters: parameters, arena: arena)
  }

  func backward(
    _ x: Matrix, logitGradient: Span<Float>, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena
  ) {
    cross.backward(
      x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
      arena: arena)
  }
}
