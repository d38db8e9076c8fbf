/// Dense layers with ReLU between them, and an output head: a network without parts per domain.
public struct PlainTower: Hashable, Sendable {
  /// The layers, from the input to the output.
  public let layers: [PlainLayer]
  /// The head, whose bias is a single number.
  public let head: PlainLayer

  /// Names the slots of a tower.
  public init(layers: [PlainLayer], head: PlainLayer) {
    self.layers = layers
    self.head = head
  }
}
