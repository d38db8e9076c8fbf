import Kernels
import Layers

/// FiBiNET: the tower reads bilinear products of the fields, weighed by importance and not,
/// `z = tower(bilinear(x)) · w + lin + β`.
///
/// - Source: Huang et al., “FiBiNET”, 2019, with a bilinear matrix per pair of fields.
struct FiBiNET: Backbone {
  static func towerInputs(fields: Int, width: Int) -> Int { fields * (fields - 1) * width }

  private let products: BilinearFeatures

  init(_ plan: inout ModelPlan) {
    products = BilinearFeatures(
      fields: plan.fields, width: plan.width, capacity: plan.capacity, in: &plan.parameters,
      activations: &plan.activations)
  }

  var towerInput: FeatureSlots? {
    FeatureSlots(value: products.output, gradient: products.outputGradient)
  }

  var multiplyAdds: Int { products.multiplyAdds }

  func forward(
    _ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena,
    into logits: inout MutableSpan<Float>
  ) {
    products.forward(x, parameters: parameters, arena: arena)
  }

  func backward(
    _ x: Matrix, logitGradient: Span<Float>, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena
  ) {
    products.backward(
      x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
      arena: arena)
  }
}
