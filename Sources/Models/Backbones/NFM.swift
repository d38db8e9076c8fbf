import Kernels
import Layers

/// NFM: the tower reads the pooled interactions alone, `z = tower(BI(x)) · w + lin + β`.
///
/// - Source: He and Chua, “Neural Factorization Machines”, 2017, equation 8; without dropout and
///   normalisation behind the pooling.
struct NFM: Backbone {
  static func towerInputs(fields: Int, width: Int) -> Int { width }

  private let interaction: BiInteraction

  init(_ plan: inout ModelPlan) {
    interaction = BiInteraction(
      fields: plan.fields, width: plan.width, capacity: plan.capacity,
      activations: &plan.activations)
  }

  var towerInput: FeatureSlots? {
    FeatureSlots(value: interaction.output, gradient: interaction.outputGradient)
  }

  var multiplyAdds: Int { interaction.multiplyAdds }

  func forward(
    _ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena,
    into logits: inout MutableSpan<Float>
  ) {
    interaction.forward(x, arena: arena)
  }

  func backward(
    _ x: Matrix, logitGradient: Span<Float>, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena
  ) {
    interaction.backward(x, inputGradient: inputGradient, arena: arena)
  }
}
