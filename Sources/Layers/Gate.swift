public import Kernels

/// Mixes experts: row `b`'s weights `g` `[B, E]` are a softmax.
///
/// The closed list of gates: one that sees the domain alone, as the reference, and one that sees the
/// sample. The gradient of the weights is summed over all layers that use them, from
/// ``clearGradient(rows:arena:)`` to
/// ``backward(_:parameters:gradients:rows:trains:inputGradient:arena:)``.
public struct Gate: Sendable {
  private enum Kind {
    case domain(DomainGate)
    case features(FeatureGate)
  }

  private let kind: Kind
  /// `g`, `[B, E]`.
  public let output: Slot
  /// The gradient of `g`, `[B, E]`.
  public let outputGradient: Slot

  private init(_ kind: Kind, experts: Int, capacity: Int, activations: inout Layout) {
    self.kind = kind
    output = activations.reserve("gate.output", rows: capacity, columns: experts)
    outputGradient = activations.reserve("gate.outputGradient", rows: capacity, columns: experts)
  }

  /// A gate that sees the domain alone.
  public init(
    _ gate: DomainGate, experts: Int, capacity: Int, activations: inout Layout
  ) {
    self.init(.domain(gate), experts: experts, capacity: capacity, activations: &activations)
  }

  /// A gate that sees the sample.
  public init(
    _ gate: FeatureGate, experts: Int, capacity: Int, activations: inout Layout
  ) {
    self.init(.features(gate), experts: experts, capacity: capacity, activations: &activations)
  }

  /// The multiply-adds of a row: the product with `G_W`, or with `W`.
  public var multiplyAdds: Int {
    switch kind {
    case .domain(let gate): gate.weight.count
    case .features(let gate): gate.weight.count
    }
  }

  /// Computes the weights of every row.
  public func forward(
    _ x: Matrix, parameters: borrowing Buffer, rows: RowContext, arena: borrowing Arena
  ) {
    var g = arena.mutableMatrix(output, rows: rows.count)
    switch kind {
    case .domain(let gate): gate.forward(parameters: parameters, rows: rows, arena: arena, into: &g)
    case .features(let gate): gate.forward(x, parameters: parameters, rows: rows, into: &g)
    }
  }

  /// The weights of all experts for every row of a domain; `nil` if they depend on more than the domain.
  public func weights(
    ofDomain domain: Int, parameters: borrowing Buffer, arena: borrowing Arena
  ) -> [Float]? {
    switch kind {
    case .domain(let gate):
      gate.weights(ofDomain: domain, parameters: parameters, arena: arena)
    case .features: nil
    }
  }

  /// Clears the gradient of the weights, to which the layers that use them then add.
  public func clearGradient(rows: RowContext, arena: borrowing Arena) {
    var dg = arena.mutableMatrix(outputGradient, rows: rows.count)
    for row in 0..<rows.count {
      var span = dg[row: row]
      fill(&span, with: 0)
    }
  }

  /// Turns the weights' gradient into that of the softmax's input, and on to the gate's parameters.
  ///
  /// `dq_j = g_j (dg_j - Σ_k g_k dg_k)`. A gate of features also adds to the gradient of `x`.
  public func backward(
    _ x: Matrix, parameters: borrowing Buffer, gradients: inout Buffer, rows: RowContext,
    trains: Bool, inputGradient: Slot?, arena: borrowing Arena
  ) {
    let g = arena.matrix(output, rows: rows.count)
    var dq = arena.mutableMatrix(outputGradient, rows: rows.count)
    softmaxBackward(g, &dq)
    switch kind {
    case .domain(let gate):
      guard trains else { return }
      gate.accumulate(
        dq.view, parameters: parameters, gradients: &gradients, rows: rows, arena: arena)
    case .features(let gate):
      if trains { gate.accumulate(x, dq.view, gradients: &gradients, rows: rows) }
      guard let inputGradient else { return }
      var dx = arena.mutableMatrix(inputGradient, rows: rows.count)
      multiply(dq.view, transposed: parameters.matrix(gate.weight), beta: 1, into: &dx)
    }
  }
}
