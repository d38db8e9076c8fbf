import Kernels

/// A backbone whose fields interact in the tower alone.
protocol PlainBackbone: Backbone {}

extension PlainBackbone {
  var multiplyAdds: Int { 0 }

  func forward(
    _ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena,
    into logits: inout MutableSpan<Float>
  ) {}

  func backward(
    _ x: Matrix, logitGradient: Span<Float>, inputGradient: Slot, parameters: borrowing Buffer,
    gradients: inout Buffer, arena: borrowing Arena
  ) {}
}
