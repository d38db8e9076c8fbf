import Features
import Kernels
import Layers
import Reference

/// A tower layer with everything it works on: parameters, activations, rows.
struct DenseFixture: ~Copyable {
  let layer: AdaptedDense
  let layout: Layout
  let rows: RowContext
  let batch: Batch
  let arena: Arena
  var parameters: Buffer
  /// `x`, its gradient, `g` and its gradient.
  let input, inputGradient, gates, gateGradient: Slot

  init(
    inputs: Int, outputs: Int, experts: Int = 0, rank: Int = 1, mixes: Bool = false, count: Int,
    dropout: DropoutMask? = nil, firstWord: Int = 3
  ) {
    useOneThread()
    let schema = Schema.small(fields: 1, domains: max(1, experts), domainField: 0)
    batch = Batch(random: schema, count: count, seed: 2)
    var plan = ParameterPlan()
    var activations = Layout()
    let capacity = max(1, count)
    input = activations.reserve("x", rows: capacity, columns: inputs)
    inputGradient = activations.reserve("dx", rows: capacity, columns: inputs)
    gates = activations.reserve("g", rows: capacity, columns: experts)
    gateGradient = activations.reserve("dg", rows: capacity, columns: experts)
    let adapters = (0..<experts).map {
      Adapter("dense.\($0)", inputs: inputs, outputs: outputs, rank: rank, in: &plan)
    }
    layer = AdaptedDense(
      "dense", inputs: inputs, outputs: outputs, adapters: adapters, mixes: mixes,
      firstDropoutWord: firstWord, capacity: capacity, in: &plan, activations: &activations)
    layout = plan.layout
    parameters = Buffer(layout)
    parameters.randomise(layout, limit: 0.7, seed: 5)
    arena = Arena(activations)
    let stream = RandomStream(seed: 6, purpose: .synthesis)
    arena.store(stream.floats(count * inputs), in: input, rows: count)
    arena.store(
      stream.derived(1).floats(count * experts).map(abs), in: gates, rows: count)
    var rows = RowContext(capacity: capacity, domainCount: schema.domainCount)
    rows.describe(batch, dropout: dropout)
    self.rows = rows
  }

  /// The output of a forward pass.
  func forward(_ selection: AdapterSelection) -> [Float] {
    layer.mixture?.pack(parameters, arena: arena)
    layer.forward(
      arena.matrix(input, rows: rows.count), parameters: parameters, rows: rows,
      selection: selection, gates: gates, arena: arena)
    return floats(of: arena.matrix(layer.activations.output, rows: rows.count))
  }

  /// The gradients of everything, from that of the output; zero for what was not selected.
  func backward(_ selection: AdapterSelection, from outputGradient: [Float]) -> Buffer {
    var gradients = Buffer(layout)
    arena.store(outputGradient, in: layer.activations.outputGradient, rows: rows.count)
    layer.backward(
      arena.matrix(input, rows: rows.count), inputGradient: inputGradient, parameters: parameters,
      gradients: &gradients, rows: rows, selection: selection,
      trainable: [.backbone, .adapters, .gate], gates: gates, gateGradient: gateGradient,
      arena: arena)
    return gradients
  }

  /// What the arena holds in a slot.
  func values(of slot: Slot) -> Table { table(of: arena.matrix(slot, rows: rows.count)) }

  /// The reference's output for parameters, inputs and weights of the adapters.
  func reference(
    _ parameters: ReferenceParameters, _ x: Table, _ weights: Table?
  ) -> Table {
    referenceDense(
      x, layer: "dense", adapters: layer.adapters.indices.map(String.init), weights: weights,
      parameters: parameters,
      rows: ReferenceRows(
        domains: batch.domains.prefix(batch.count).map(Int.init), samples: batch.samples,
        dropout: rows.dropout), firstWord: layer.firstDropoutWord)
  }

  /// The weight of every adapter for every row; `nil` for the backbone alone.
  func weights(_ selection: AdapterSelection) -> Table? {
    var units = Table(rows: rows.count, columns: layer.adapters.count)
    switch selection {
    case .none: return nil
    case .one(let adapter): for row in 0..<rows.count { units[row, adapter] = 1 }
    case .byDomain: for row in 0..<rows.count { units[row, Int(batch.domains[row])] = 1 }
    case .mixture: return values(of: gates)
    }
    return units
  }
}
