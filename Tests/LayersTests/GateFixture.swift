import Features
import Kernels
import Layers
import Reference

/// A gate with everything it works on: parameters, activations, rows.
struct GateFixture: ~Copyable {
  /// Which gate.
  enum Kind: CaseIterable, Sendable { case domain, features }

  let kind: Kind
  let gate: Gate
  let plan: ParameterPlan
  let rows: RowContext
  let domains: [Int]
  let arena: Arena
  var parameters: Buffer
  let input, inputGradient: Slot

  init(
    _ kind: Kind, domains: Int, experts: Int, inputs: Int = 5, ownDomainShare: Double? = nil,
    batch: Batch
  ) {
    useOneThread()
    self.kind = kind
    var plan = ParameterPlan()
    var activations = Layout()
    let capacity = max(1, batch.count)
    input = activations.reserve("x", rows: capacity, columns: inputs)
    inputGradient = activations.reserve("dx", rows: capacity, columns: inputs)
    switch kind {
    case .domain:
      gate = Gate(
        DomainGate(
          domains: domains, experts: experts, ownDomainShare: ownDomainShare, in: &plan,
          activations: &activations), experts: experts, capacity: capacity,
        activations: &activations)
    case .features:
      gate = Gate(
        FeatureGate(
          inputs: inputs, domains: domains, experts: experts, ownDomainShare: ownDomainShare,
          in: &plan), experts: experts, capacity: capacity, activations: &activations)
    }
    self.plan = plan
    parameters = Buffer(plan.layout)
    arena = Arena(activations)
    self.domains = batch.domains.prefix(batch.count).map(Int.init)
    var rows = RowContext(capacity: capacity, domainCount: domains)
    rows.describe(batch, dropout: nil)
    self.rows = rows
    let stream = RandomStream(seed: 4, purpose: .synthesis)
    arena.store(stream.floats(batch.count * inputs), in: input, rows: batch.count)
  }

  /// A batch with one row for each of these domains.
  static func batch(_ domains: [Int]) -> Batch {
    var batch = Batch(capacity: max(1, domains.count), fieldCount: 1)
    batch.resize(to: domains.count)
    for (row, domain) in domains.enumerated() { batch.domains[row] = Int32(domain) }
    return batch
  }

  /// The weights of every row.
  func forward() -> Table {
    gate.forward(
      arena.matrix(input, rows: rows.count), parameters: parameters, rows: rows, arena: arena)
    return table(of: arena.matrix(gate.output, rows: rows.count))
  }

  /// The parameters' gradients from that of the weights, over NaN; the input's is added to.
  func backward(from gradient: [Float], trains: Bool = true) -> Buffer {
    var gradients = Buffer(plan.layout)
    gradients.store(repeating: .nan)
    arena.store(gradient, in: gate.outputGradient, rows: rows.count)
    gate.backward(
      arena.matrix(input, rows: rows.count), parameters: parameters, gradients: &gradients,
      rows: rows, trains: trains, inputGradient: inputGradient, arena: arena)
    return gradients
  }

  /// The reference's weights.
  func reference(_ parameters: ReferenceParameters, _ x: Table) -> Table {
    kind == .domain
      ? referenceDomainGate(domains: domains, parameters: parameters)
      : referenceFeatureGate(x, domains: domains, parameters: parameters)
  }
}
