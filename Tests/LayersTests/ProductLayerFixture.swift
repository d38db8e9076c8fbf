import Kernels
import Layers
import Reference

/// A layer of products between fields, with everything it works on.
struct ProductLayerFixture: ~Copyable {
  /// Which layer.
  enum Kind: CaseIterable, Sendable { case factorisation, biInteraction, innerProducts }

  private enum Layer {
    case factorisation(FactorisationMachine)
    case biInteraction(BiInteraction)
    case innerProducts(InnerProducts)
  }

  private let layer: Layer
  let fields, width, count: Int
  let plan: ParameterPlan
  let arena: Arena
  var parameters: Buffer
  let input, inputGradient: Slot
  /// The features and their gradient; of the logits where the layer yields one.
  let output, outputGradient: Slot

  init(_ kind: Kind, fields: Int, width: Int, count: Int) {
    useOneThread()
    (self.fields, self.width, self.count) = (fields, width, count)
    let plan = ParameterPlan()
    var activations = Layout()
    let capacity = max(1, count)
    input = activations.reserve("x", rows: capacity, columns: fields * width)
    inputGradient = activations.reserve("dx", rows: capacity, columns: fields * width)
    switch kind {
    case .factorisation:
      layer = .factorisation(FactorisationMachine(fields: fields, width: width))
      output = activations.reserve("z", rows: capacity, columns: 1)
      outputGradient = activations.reserve("dz", rows: capacity, columns: 1)
    case .biInteraction:
      let pooling = BiInteraction(
        fields: fields, width: width, capacity: capacity, activations: &activations)
      layer = .biInteraction(pooling)
      (output, outputGradient) = (pooling.output, pooling.outputGradient)
    case .innerProducts:
      let products = InnerProducts(
        fields: fields, width: width, capacity: capacity, activations: &activations)
      layer = .innerProducts(products)
      (output, outputGradient) = (products.output, products.outputGradient)
    }
    self.plan = plan
    parameters = Buffer(plan.layout)
    parameters.randomise(plan.layout, limit: 0.7, seed: 5)
    arena = Arena(activations)
    let stream = RandomStream(seed: 6, purpose: .synthesis)
    arena.store(stream.floats(count * fields * width), in: input, rows: count)
  }

  /// The multiply-adds that the layer states.
  var multiplyAdds: Int {
    switch layer {
    case .factorisation(let layer): layer.multiplyAdds
    case .biInteraction(let layer): layer.multiplyAdds
    case .innerProducts(let layer): layer.multiplyAdds
    }
  }

  /// The features of every row; of a layer that yields a logit, what it adds to `logits`.
  func forward(addingTo logits: Float = 0) -> [Float] {
    let x = arena.matrix(input, rows: count)
    switch layer {
    case .factorisation(let layer):
      var values = [Float](repeating: logits, count: count)
      do {
        var span = values.mutableSpan
        layer.forward(x, into: &span)
      }
      return values
    case .biInteraction(let layer): layer.forward(x, arena: arena)
    case .innerProducts(let layer): layer.forward(x, arena: arena)
    }
    return floats(of: arena.matrix(output, rows: count))
  }

  /// The parameters' gradients from that of the output, over NaN; the input's is added to `initial`.
  func backward(from gradient: [Float], addingTo initial: Float = 0) -> Buffer {
    var gradients = Buffer(plan.layout)
    gradients.store(repeating: .nan)
    arena.store(
      Array(repeating: initial, count: count * fields * width), in: inputGradient, rows: count)
    arena.store(gradient, in: outputGradient, rows: count)
    let x = arena.matrix(input, rows: count)
    switch layer {
    case .factorisation(let layer):
      layer.backward(x, logitGradient: gradient.span, inputGradient: inputGradient, arena: arena)
    case .biInteraction(let layer):
      layer.backward(x, inputGradient: inputGradient, arena: arena)
    case .innerProducts(let layer):
      layer.backward(x, inputGradient: inputGradient, arena: arena)
    }
    return gradients
  }

  /// What the arena holds in a slot.
  func values(of slot: Slot) -> [Float] { floats(of: arena.matrix(slot, rows: count)) }

  /// The reference's output for any rows.
  func reference(_ parameters: ReferenceParameters, _ x: Table) -> Table {
    switch layer {
    case .factorisation:
      Table(
        rows: x.rows, columns: 1, referenceFactorisation(x, fields: fields, width: width))
    case .biInteraction: referenceBiInteraction(x, fields: fields, width: width)
    case .innerProducts: referenceInnerProducts(x, fields: fields, width: width)
    }
  }
}
