import Kernels
import Layers
import Reference

/// A layer of products between fields, with everything it works on.
struct ProductLayerFixture: ~Copyable {
  /// Which layer.
  enum Kind: Hashable, Sendable {
    case factorisation, biInteraction, innerProducts, cross(layers: Int), bilinear
  }

  private enum Layer {
    case factorisation(FactorisationMachine)
    case biInteraction(BiInteraction)
    case innerProducts(InnerProducts)
    case cross(CrossNetwork)
    case bilinear(BilinearFeatures)
  }

  private let kind: Kind
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
    self.kind = kind
    (self.fields, self.width, self.count) = (fields, width, count)
    var plan = ParameterPlan()
    var activations = Layout()
    let capacity = max(1, count)
    input = activations.reserve("x", rows: capacity, columns: fields * width)
    inputGradient = activations.reserve("dx", rows: capacity, columns: fields * width)
    switch kind {
    case .factorisation:
      layer = .factorisation(FactorisationMachine(fields: fields, width: width))
      output = activations.reserve("z", columns: capacity)
      outputGradient = activations.reserve("dz", columns: capacity)
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
    case .cross(let layers):
      let cross = CrossNetwork(
        layers: layers, fields: fields, width: width, capacity: capacity, in: &plan,
        activations: &activations)
      layer = .cross(cross)
      (output, outputGradient) = (cross.output, cross.outputGradient)
    case .bilinear:
      let products = BilinearFeatures(
        fields: fields, width: width, capacity: capacity, in: &plan, activations: &activations)
      layer = .bilinear(products)
      (output, outputGradient) = (products.output, products.outputGradient)
    }
    self.plan = plan
    parameters = Buffer(plan.layout)
    parameters.randomise(plan.layout, limit: 0.7, seed: 5)
    arena = Arena(activations)
    let stream = RandomStream(seed: 6, purpose: .synthesis)
    arena.store(stream.floats(count * fields * width), in: input, rows: count)
  }

  /// The number of features of a row; one for a logit.
  var outputs: Int { kind == .factorisation ? 1 : output.columns }

  /// The multiply-adds that the layer states.
  var multiplyAdds: Int {
    switch layer {
    case .factorisation(let layer): layer.multiplyAdds
    case .biInteraction(let layer): layer.multiplyAdds
    case .innerProducts(let layer): layer.multiplyAdds
    case .cross(let layer): layer.multiplyAdds
    case .bilinear(let layer): layer.multiplyAdds
    }
  }

  /// A forward pass; a layer that yields a logit adds it to what its slot holds.
  func compute() {
    let x = arena.matrix(input, rows: count)
    switch layer {
    case .factorisation(let layer):
      var row = arena.mutableMatrix(output, rows: 1)
      var columns = row.columns(0..<count)
      var logits = columns[row: 0]
      layer.forward(x, into: &logits)
    case .biInteraction(let layer): layer.forward(x, arena: arena)
    case .innerProducts(let layer): layer.forward(x, arena: arena)
    case .cross(let layer): layer.forward(x, parameters: parameters, arena: arena)
    case .bilinear(let layer): layer.forward(x, parameters: parameters, arena: arena)
    }
  }

  /// A backward pass from the gradient of the output in its slot.
  func differentiate(_ gradients: inout Buffer) {
    let x = arena.matrix(input, rows: count)
    switch layer {
    case .factorisation(let layer):
      layer.backward(
        x, logitGradient: arena.matrix(outputGradient, rows: 1).columns(0..<count)[row: 0],
        inputGradient: inputGradient, arena: arena)
    case .biInteraction(let layer):
      layer.backward(x, inputGradient: inputGradient, arena: arena)
    case .innerProducts(let layer):
      layer.backward(x, inputGradient: inputGradient, arena: arena)
    case .cross(let layer):
      layer.backward(
        x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
        arena: arena)
    case .bilinear(let layer):
      layer.backward(
        x, inputGradient: inputGradient, parameters: parameters, gradients: &gradients,
        arena: arena)
    }
  }

  /// The features of every row; of a layer that yields a logit, what it adds to `logits`.
  func forward(addingTo logits: Float = 0) -> [Float] {
    let before = kind == .factorisation ? logits : .nan
    store(Array(repeating: before, count: count * outputs), in: output)
    compute()
    return values(of: output)
  }

  /// The parameters' gradients from that of the output, over NaN; the input's is added to `initial`.
  func backward(from gradient: [Float], addingTo initial: Float = 0) -> Buffer {
    var gradients = Buffer(plan.layout)
    gradients.store(repeating: .nan)
    store(Array(repeating: initial, count: count * fields * width), in: inputGradient)
    store(gradient, in: outputGradient)
    differentiate(&gradients)
    return gradients
  }

  /// Writes values over the rows of a slot.
  func store(_ values: [Float], in slot: Slot) {
    if isRow(slot) {
      var matrix = arena.mutableMatrix(slot, rows: 1)
      var span = matrix[row: 0]
      for index in values.indices { span[index] = values[index] }
    } else {
      arena.store(values, in: slot, rows: count)
    }
  }

  /// Writes values over tensors, by their names.
  mutating func store(_ values: [String: [Float]]) {
    for entry in plan.layout.entries {
      if let value = values[entry.name] { parameters.store(value, in: entry.slot) }
    }
  }

  /// What the arena holds in a slot.
  func values(of slot: Slot) -> [Float] {
    isRow(slot)
      ? floats(of: arena.matrix(slot, rows: 1).columns(0..<count))
      : floats(of: arena.matrix(slot, rows: count))
  }

  /// Whether a slot holds one value for each of the batch's rows, side by side.
  private func isRow(_ slot: Slot) -> Bool {
    kind == .factorisation && [output.offset, outputGradient.offset].contains(slot.offset)
  }

  /// The reference's output for any rows.
  func reference(_ parameters: ReferenceParameters, _ x: Table) -> Table {
    switch kind {
    case .factorisation:
      Table(
        rows: x.rows, columns: 1, referenceFactorisation(x, fields: fields, width: width))
    case .biInteraction: referenceBiInteraction(x, fields: fields, width: width)
    case .innerProducts: referenceInnerProducts(x, fields: fields, width: width)
    case .cross(let layers): referenceCross(x, layers: layers, parameters: parameters)
    case .bilinear:
      referenceBilinear(x, fields: fields, width: width, parameters: parameters)
    }
  }
}
