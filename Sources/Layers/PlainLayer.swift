public import Kernels

/// Where a dense layer without adapters lies: what layers that have been merged write.
public struct PlainLayer: Hashable, Sendable {
  /// `W`, `[I, O]`.
  public let weight: Slot
  /// `b`, `[1, O]`.
  public let bias: Slot

  /// Names the slots of a layer.
  public init(weight: Slot, bias: Slot) {
    self.weight = weight
    self.bias = bias
  }

  /// Copies a layer of another buffer, which has the same shape, into this one's slots.
  public func copy(
    _ other: PlainLayer, of parameters: borrowing Buffer, into target: inout Buffer
  ) {
    precondition(
      other.weight.rows == weight.rows && other.weight.columns == weight.columns,
      "\(other.weight.rows) x \(other.weight.columns) into \(weight.rows) x \(weight.columns)")
    target.copy(other.weight.range, of: parameters, to: weight.offset)
    target.copy(other.bias.range, of: parameters, to: bias.offset)
  }
}
