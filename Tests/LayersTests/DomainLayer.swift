import Kernels
import Layers

/// One of the layers without adapters, for all rows or with a part per domain.
enum DomainLayer {
  case stack(DenseStack, addsToInput: Bool)
  case heads(DomainHeads)
  case gates(ExpertGates)
  case star(StarDense)
  case norm(PartitionedNorm)

  /// Which layer, with its sizes.
  enum Kind: Hashable, Sendable {
    case stack(widths: [Int], addsToInput: Bool)
    case heads(widths: [Int])
    case gates(experts: Int, outputs: Int)
    case star(outputs: Int)
    case norm

    /// Whether the layer adds to the gradient of its input, and does not write over it.
    var addsToInput: Bool {
      switch self {
      case .stack(_, let addsToInput): addsToInput
      case .gates: true
      case .heads, .star, .norm: false
      }
    }
  }

  /// What a layer reads, its gradient, and what it writes if it has no output of its own.
  struct Sites {
    let input, inputGradient: Slot
    let logits, logitGradient: Slot
    let experts: [(value: Slot, gradient: Slot)]
  }

  static let domainCount = 3
  /// The first word of dropout masks.
  static let firstWord = 3

  init(
    _ kind: Kind, _ sites: Sites, capacity: Int, in plan: inout ParameterPlan,
    activations: inout Layout
  ) {
    let (inputs, domains) = (sites.input.columns, DomainLayer.domainCount)
    switch kind {
    case .stack(let widths, let addsToInput):
      let slots = DenseStack.Activations(
        "stack", widths: widths, capacity: capacity, in: &activations)
      self = .stack(
        DenseStack(
          "stack", input: sites.input, inputGradient: sites.inputGradient, activations: slots,
          firstDropoutWord: DomainLayer.firstWord, in: &plan), addsToInput: addsToInput)
    case .heads(let widths):
      self = .heads(
        DomainHeads(
          domains: domains, input: sites.input, inputGradient: sites.inputGradient, widths: widths,
          firstDropoutWord: DomainLayer.firstWord, capacity: capacity, in: &plan,
          activations: &activations))
    case .gates:
      self = .gates(
        ExpertGates(
          domains: domains, inputs: inputs, experts: sites.experts, capacity: capacity, in: &plan,
          activations: &activations))
    case .star(let outputs):
      self = .star(
        StarDense(
          "star", inputs: inputs, outputs: outputs, domains: domains, capacity: capacity,
          in: &plan, activations: &activations))
    case .norm:
      let trained = PartitionedNorm.Trained(inputs: inputs, domains: domains, in: &plan)
      self = .norm(
        PartitionedNorm(trained, capacity: capacity, in: &plan, activations: &activations))
    }
  }

  /// The features and their gradient; `nil` for a layer that adds to logits.
  var features: (value: Slot, gradient: Slot)? {
    switch self {
    case .stack(let layer, _): (layer.output, layer.outputGradient)
    case .heads: nil
    case .gates(let layer): (layer.output, layer.outputGradient)
    case .star(let layer): (layer.output, layer.outputGradient)
    case .norm(let layer): (layer.output, layer.outputGradient)
    }
  }

  /// The multiply-adds of a row that the layer states.
  var multiplyAdds: Int {
    switch self {
    case .stack(let layer, _): layer.multiplyAdds
    case .heads(let layer): layer.multiplyAdds
    case .gates(let layer): layer.multiplyAdds
    case .star(let layer): layer.multiplyAdds
    case .norm(let layer): layer.multiplyAdds
    }
  }

  /// Computes the features, or adds to the logits.
  func forward(
    _ x: Matrix, parameters: borrowing Buffer, rows: RowContext, arena: borrowing Arena,
    logits: inout MutableSpan<Float>
  ) {
    switch self {
    case .stack(let layer, _):
      layer.forward(parameters: parameters, rows: rows, run: 0..<rows.count, arena: arena)
    case .heads(let layer):
      layer.forward(parameters: parameters, rows: rows, arena: arena, into: &logits)
    case .gates(let layer): layer.forward(x, parameters: parameters, rows: rows, arena: arena)
    case .star(let layer): layer.forward(x, parameters: parameters, rows: rows, arena: arena)
    case .norm(let layer): layer.forward(x, parameters: parameters, rows: rows, arena: arena)
    }
  }

  /// Computes gradients from that of the features in their slot, or from that of the logits.
  func backward(
    _ x: Matrix, inputGradient: Slot, logitGradient: Span<Float>, parameters: borrowing Buffer,
    gradients: inout Buffer, rows: RowContext, arena: borrowing Arena
  ) {
    switch self {
    case .stack(let layer, let addsToInput):
      layer.backward(
        addsToInput: addsToInput, parameters: parameters, gradients: &gradients, rows: rows,
        run: 0..<rows.count, arena: arena)
    case .heads(let layer):
      layer.backward(
        logitGradient: logitGradient, parameters: parameters, gradients: &gradients, rows: rows,
        arena: arena)
    case .gates(let layer):
      layer.backward(
        x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
        rows: rows, arena: arena)
    case .star(let layer):
      layer.backward(
        x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
        rows: rows, arena: arena)
    case .norm(let layer):
      layer.backward(
        x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
        rows: rows, arena: arena)
    }
  }
}
