import Features
import Kernels
import Layers

/// The activations of one pass over a model, allocated once.
public struct ModelWorkspace: ~Copyable {
  let arena: Arena
  var rows: RowContext

  /// Allocates the activations of a model.
  public init(_ model: Model) {
    arena = Arena(model.activations)
    rows = RowContext(capacity: model.capacity, domainCount: model.schema.domainCount)
  }
}
