public import Kernels

/// A model's tensors by name, in double precision.
public struct ReferenceParameters: Sendable {
  private var tensors: [String: Table] = [:]

  /// Copies the tensors of a layout.
  public init(_ buffer: borrowing Buffer, layout: Layout) {
    for entry in layout.entries { tensors[entry.name] = table(of: buffer.matrix(entry.slot)) }
  }

  /// A tensor; asking for one that does not exist is a mistake in the test.
  public subscript(name: String) -> Table {
    get {
      guard let tensor = tensors[name] else { preconditionFailure("no tensor \(name)") }
      return tensor
    }
    set { tensors[name] = newValue }
  }

  /// The derivative of `loss` for one element of a tensor, by central differences.
  public func derivative(
    of name: String, at index: Int, step: Double = 1e-5, _ loss: (ReferenceParameters) -> Double
  ) -> Double {
    self[name].derivative(at: index, step: step) { tensor in
      var shifted = self
      shifted[name] = tensor
      return loss(shifted)
    }
  }
}

extension Table {
  /// The derivative of `loss` for one element, by central differences.
  ///
  /// With a step of 1e-5 the truncation error is about 1e-10 and the rounding error 1e-11 for losses
  /// and elements around one: nothing beside the rounding of single precision. Many units that rectify
  /// need a smaller one, lest one of them change sides within it.
  public func derivative(
    at index: Int, step: Double = 1e-5, _ loss: (Table) -> Double
  ) -> Double {
    var (above, below) = (self, self)
    above.elements[index] += step
    below.elements[index] -= step
    return (loss(above) - loss(below)) / (2 * step)
  }

  /// The derivatives of `loss` for all elements.
  public func derivatives(_ loss: (Table) -> Double) -> [Double] {
    elements.indices.map { derivative(at: $0, loss) }
  }
}
