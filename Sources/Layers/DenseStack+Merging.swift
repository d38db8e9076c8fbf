public import Kernels

extension DenseStack {
  /// Copies the layers into slots of another buffer.
  public func copy(
    _ parameters: borrowing Buffer, into others: [PlainLayer], of target: inout Buffer
  ) {
    precondition(layers.count == others.count, "\(layers.count) layers into \(others.count)")
    for (layer, other) in zip(layers, others) {
      other.copy(
        PlainLayer(weight: layer.weight, bias: layer.bias), of: parameters, into: &target)
    }
  }
}
