import Kernels
import Layers

/// PNN with inner products: the tower reads the embeddings and the products of all pairs of fields.
///
/// `z = tower([x; <e_f, e_g>, f < g]) · w + β`. There is no wide part.
///
/// - Source: Qu et al., “Product-based Neural Networks”, 2016, as in DeepCTR 0.9.0.
struct PNN: Backbone {
  static var isWide: Bool { false }

  static func towerInputs(fields: Int, width: Int) -> Int {
    fields * width + fields * (fields - 1) / 2
  }

  private let products: InnerProducts

  init(_ plan: inout ModelPlan) {
    products = InnerProducts(
      fields: plan.fields, width: plan.width, capacity: plan.capacity,
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
    products.forward(x, arena: arena)
  }

  func backward(
    _ x: Matrix, logitGradient: Span<Float>, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena
  ) {
    products.backward(x, inputGradient: inputGradient, arena: arena)
  }
}
