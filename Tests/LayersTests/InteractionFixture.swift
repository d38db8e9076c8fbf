import Kernels
import Layers
import Reference

/// A layer that lets fields interact by products with parameters, with everything it works on.
struct InteractionFixture: ~Copyable {
  /// Which layer, with its sizes.
  enum Kind: Sendable {
    case compressed(maps: [Int])
    case attention(layers: Int, heads: Int, headWidth: Int)
  }

  private enum Layer {
    case compressed(CompressedInteraction)
    case attention(SelfAttention)
  }

  let kind: Kind
  private let layer: Layer
  let fields, width, count: Int
  let plan: ParameterPlan
  let arena: Arena
  var parameters: Buffer
  let input, inputGradient: Slot
  /// The number of features of a row; one for a layer that yields a logit.
  let outputs: Int

  init(_ kind: Kind, fields: Int, width: Int, count: Int, limit: Float = 0.7) {
    useOneThread()
    self.kind = kind
    (self.fields, self.width, self.count) = (fields, width, count)
    var plan = ParameterPlan()
    var activations = Layout()
    let capacity = max(1, count)
    input = activations.reserve("x", rows: capacity, columns: fields * width)
    inputGradient = activations.reserve("dx", rows: capacity, columns: fields * width)
    switch kind {
    case .compressed(let maps):
      layer = .compressed(
        CompressedInteraction(
          fields: fields, width: width, maps: maps, capacity: capacity, in: &plan,
          activations: &activations))
      outputs = 1
    case .attention(let layers, let heads, let headWidth):
      layer = .attention(
        SelfAttention(
          fields: fields, width: width, layers: layers, heads: heads, headWidth: headWidth,
          capacity: capacity, in: &plan, activations: &activations))
      outputs = fields * heads * headWidth
    }
    self.plan = plan
    parameters = Buffer(plan.layout)
    parameters.randomise(plan.layout, limit: limit, seed: 5)
    arena = Arena(activations)
    let stream = RandomStream(seed: 6, purpose: .synthesis)
    arena.store(stream.floats(count * fields * width), in: input, rows: count)
  }

  /// The multiply-adds of a row that the layer states.
  var multiplyAdds: Int {
    switch layer {
    case .compressed(let layer): layer.multiplyAdds
    case .attention(let layer): layer.multiplyAdds
    }
  }

  /// The features of every row, or `initial` and what the layer adds to the logits.
  func forward(addingTo initial: Float = 0) -> [Float] {
    let x = arena.matrix(input, rows: count)
    switch layer {
    case .compressed(let layer):
      var logits = [Float](repeating: initial, count: count)
      do {
        var span = logits.mutableSpan
        layer.forward(x, parameters: parameters, arena: arena, into: &span)
      }
      return logits
    case .attention(let layer):
      layer.forward(x, parameters: parameters, arena: arena)
      return floats(of: arena.matrix(layer.output, rows: count))
    }
  }

  /// The parameters' gradients from that of the output, over NaN; the input's is added to `initial`.
  func backward(from gradient: [Float], addingTo initial: Float = 0) -> Buffer {
    var gradients = Buffer(plan.layout)
    gradients.store(repeating: .nan)
    arena.store(
      Array(repeating: initial, count: count * fields * width), in: inputGradient, rows: count)
    let x = arena.matrix(input, rows: count)
    switch layer {
    case .compressed(let layer):
      layer.backward(
        x, logitGradient: gradient.span, inputGradient: inputGradient, parameters: parameters,
        gradients: &gradients, arena: arena)
    case .attention(let layer):
      arena.store(gradient, in: layer.outputGradient, rows: count)
      layer.backward(
        x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
        arena: arena)
    }
    return gradients
  }

  /// What the arena holds in the rows of a slot.
  func values(of slot: Slot) -> [Float] { floats(of: arena.matrix(slot, rows: count)) }

  /// The reference's output for any rows, one behind the other.
  func reference(_ parameters: ReferenceParameters, _ x: Table) -> [Double] {
    switch kind {
    case .compressed(let maps):
      referenceCompressedInteraction(
        x, fields: fields, width: width, maps: maps, parameters: parameters)
    case .attention(let layers, let heads, let headWidth):
      referenceSelfAttention(
        x, fields: fields, width: width, layers: layers, heads: heads, headWidth: headWidth,
        parameters: parameters
      ).elements
    }
  }
}
