import Features
import Kernels
import Layers
import Reference

/// A layer without adapters, with everything it works on: parameters, activations, rows.
struct DomainLayerFixture: ~Copyable {
  typealias Kind = DomainLayer.Kind

  /// What heads add their logits to.
  static let initialLogit: Float = 0.5
  /// What layers that add to the input's gradient find there; the others find NaN.
  static let initialGradient: Float = 0.25

  let kind: Kind
  let layer: DomainLayer
  let batch: Batch
  let rows: RowContext
  let plan: ParameterPlan
  let arena: Arena
  var parameters: Buffer
  let input, inputGradient: Slot
  private let logits, logitGradient: Slot
  /// What a gate mixes.
  let experts: [(value: Slot, gradient: Slot)]

  /// A layer with parameters and inputs of zero.
  init(_ kind: Kind, inputs: Int, batch: Batch, dropout: DropoutMask? = nil) {
    useOneThread()
    var plan = ParameterPlan()
    var activations = Layout()
    let capacity = max(1, batch.count)
    func reserve(_ name: String, _ columns: Int) -> Slot {
      activations.reserve(name, rows: capacity, columns: columns)
    }
    var experts: [(value: Slot, gradient: Slot)] = []
    if case .gates(let count, let outputs) = kind {
      experts = (0..<count).map { (reserve("y.\($0)", outputs), reserve("dy.\($0)", outputs)) }
    }
    let sites = DomainLayer.Sites(
      input: reserve("x", inputs), inputGradient: reserve("dx", inputs),
      logits: activations.reserve("z", columns: capacity),
      logitGradient: activations.reserve("dz", columns: capacity), experts: experts)
    layer = DomainLayer(kind, sites, capacity: capacity, in: &plan, activations: &activations)
    self.kind = kind
    self.batch = batch
    self.plan = plan
    self.experts = experts
    (input, inputGradient) = (sites.input, sites.inputGradient)
    (logits, logitGradient) = (sites.logits, sites.logitGradient)
    parameters = Buffer(plan.layout)
    arena = Arena(activations)
    var rows = RowContext(capacity: capacity, domainCount: DomainLayer.domainCount)
    rows.describe(batch, dropout: dropout)
    self.rows = rows
  }

  /// A layer with random parameters and inputs, for random rows of some of the domains.
  init(
    random kind: Kind, inputs: Int, count: Int, domains: [Int] = [0, 1, 2],
    dropout: DropoutMask? = nil
  ) {
    let schema = Schema.small(fields: 1, domains: DomainLayer.domainCount, domainField: 0)
    self.init(
      kind, inputs: inputs, batch: Batch(random: schema, count: count, domains: domains, seed: 2),
      dropout: dropout)
    parameters.randomise(plan.layout, limit: 0.7, seed: 5)
    for entry in plan.layout.entries
    where entry.name.hasSuffix(".variance") || entry.name.hasSuffix(".share") {
      parameters.store(
        floats(of: parameters.span(entry.slot)).map { 0.2 + abs($0) }, in: entry.slot)
    }
    let stream = RandomStream(seed: 6, purpose: .synthesis)
    for (index, slot) in ([input] + experts.map(\.value)).enumerated() {
      arena.store(stream.derived(index).floats(count * slot.columns), in: slot, rows: count)
    }
  }

  /// The number of features of a row; one for a logit.
  var outputs: Int { layer.features?.value.columns ?? 1 }

  /// What the arena holds in the rows of a slot.
  func values(of slot: Slot) -> [Float] { floats(of: arena.matrix(slot, rows: rows.count)) }

  /// Writes values over tensors, by their names.
  mutating func store(_ values: [String: [Float]]) {
    for entry in plan.layout.entries {
      if let value = values[entry.name] { parameters.store(value, in: entry.slot) }
    }
  }
}

// MARK: - Passes

extension DomainLayerFixture {
  /// A forward pass.
  func compute() {
    var row = arena.mutableMatrix(logits, rows: 1)
    var columns = row.columns(0..<rows.count)
    var z = columns[row: 0]
    fill(&z, with: DomainLayerFixture.initialLogit)
    layer.forward(
      arena.matrix(input, rows: rows.count), parameters: parameters, rows: rows, arena: arena,
      logits: &z)
  }

  /// A backward pass from the gradient of the output in its slot.
  func differentiate(_ gradients: inout Buffer) {
    layer.backward(
      arena.matrix(input, rows: rows.count), inputGradient: inputGradient,
      logitGradient: arena.matrix(logitGradient, rows: 1).columns(0..<rows.count)[row: 0],
      parameters: parameters, gradients: &gradients, rows: rows, arena: arena)
  }

  /// The output of a forward pass, over NaN.
  func forward() -> [Float] {
    if let features = layer.features { store(repeating: .nan, in: features.value) }
    compute()
    guard let features = layer.features else {
      return floats(of: arena.matrix(logits, rows: 1).columns(0..<rows.count))
    }
    return values(of: features.value)
  }

  /// The parameters' gradients from that of the output, over NaN.
  ///
  /// Those of the input and of the experts' outputs are left in the arena, over NaN, or for an input's
  /// gradient that is added to over ``initialGradient``.
  func backward(from gradient: [Float]) -> Buffer {
    var gradients = Buffer(plan.layout)
    gradients.store(repeating: .nan)
    store(
      repeating: kind.addsToInput ? DomainLayerFixture.initialGradient : .nan, in: inputGradient)
    for expert in experts { store(repeating: .nan, in: expert.gradient) }
    if let features = layer.features {
      arena.store(gradient, in: features.gradient, rows: rows.count)
    } else {
      var row = arena.mutableMatrix(logitGradient, rows: 1)
      var span = row[row: 0]
      for index in gradient.indices { span[index] = gradient[index] }
    }
    differentiate(&gradients)
    return gradients
  }

  private func store(repeating value: Float, in slot: Slot) {
    arena.store(
      Array(repeating: value, count: rows.count * slot.columns), in: slot, rows: rows.count)
  }
}

// MARK: - Reference

extension DomainLayerFixture {
  /// The rows as the reference describes them.
  var referenceRows: ReferenceRows {
    ReferenceRows(
      domains: batch.domains.prefix(rows.count).map(Int.init),
      samples: Array(batch.samples.prefix(rows.count)), dropout: rows.dropout)
  }

  /// The reference's output for any rows; `experts` are the outputs that a gate mixes.
  func reference(
    _ parameters: ReferenceParameters, _ x: Table, experts: [Table], rows: ReferenceRows
  ) -> Table {
    let layers = ReferenceDomainLayers(parameters, rows: rows)
    switch kind {
    case .stack(let widths, _):
      return layers.stack(x, "stack", widths: widths, firstWord: DomainLayer.firstWord)
    case .heads(let widths):
      var z = layers.heads(x, widths: widths, firstWord: DomainLayer.firstWord)
      for row in 0..<z.rows { z[row, 0] += Double(DomainLayerFixture.initialLogit) }
      return z
    case .gates(_, let outputs): return layers.mixture(x, columns: outputs) { _ in experts }
    case .star: return layers.star(x, "star")
    case .norm: return layers.norm(x)
    }
  }
}
