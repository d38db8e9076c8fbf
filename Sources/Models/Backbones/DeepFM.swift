import Kernels
import Layers

/// DeepFM: the tower beside a factorisation machine, `z = tower(x) · w + FM(x) + lin + β`.
///
/// - Source: Guo et al., “DeepFM”, arXiv 1703.04247, equation 1.
struct DeepFM: Backbone {
  private let machine: FactorisationMachine

  init(_ plan: inout ModelPlan) {
    machine = FactorisationMachine(fields: plan.fields, width: plan.width)
  }

  var multiplyAdds: Int { machine.multiplyAdds }

  func forward(
    _ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena,
    into logits: inout MutableSpan<Float>
  ) {
    machine.forward(x, into: &logits)
  }

  func backward(
    _ x: Matrix, logitGradient: Span<Float>, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena
  ) {
    machine.backward(
      x, logitGradient: logitGradient, inputGradient: inputGradient, arena: arena)
  }
}
