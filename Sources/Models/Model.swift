public import Features
public import Kernels
import Layers

/// A CTR model: embeddings, an optional wide part, a tower with adapters, a gate and a head.
///
/// `z = s · w + lin + β`, with `s` the tower's output on the concatenated embeddings `x` and `lin` the
/// wide part; the probability is `1 / (1 + exp(-z))`. A model is a value that says where parameters
/// and activations lie; the numbers are in a ``Kernels/Buffer`` and a ``ModelWorkspace``.
///
/// - Source: MoE-MLoRA, arXiv 2506.07563; backbones as in DeepCTR 0.9.0.
public struct Model: Sendable {
  /// What the model was made from.
  public let configuration: ModelConfiguration
  /// The fields and domains it reads.
  public let schema: Schema
  /// The largest number of rows of one pass.
  public let capacity: Int
  /// Where every tensor lies.
  public var layout: Layout { plan.layout }
  /// Which floats belong to what.
  public let ranges: ParameterRanges

  /// The number of floats of the activations of one pass.
  public var activationCount: Int { activations.count }

  let plan: ParameterPlan
  let activations: Layout
  let embedding: Embedding
  let wide: WideWeights?
  let tower: Tower
  let head: OutputHead
  let gate: Gate?
  /// `z`, `[1, B]`.
  let logits: Slot
  /// The gradient of `z`, `[1, B]`.
  let logitGradient: Slot
  /// Each row's cross-entropy, `[1, B]`.
  let losses: Slot

  /// Lays out a model for passes of up to `capacity` rows.
  public init(_ configuration: ModelConfiguration, schema: Schema, capacity: Int) {
    precondition(!configuration.hidden.isEmpty, "a tower without layers")
    self.configuration = configuration
    self.schema = schema
    self.capacity = capacity
    var plan = ParameterPlan()
    var activations = Layout()
    let inputs = schema.fields.count * configuration.embeddingWidth
    gate = Model.gate(
      configuration, schema: schema, inputs: inputs, capacity: capacity, in: &plan,
      activations: &activations)
    let gateEnd = plan.count
    var adapters: [[Adapter]] = []
    var adapterRanges: [Range<Int>] = []
    for name in Model.adapterNames(configuration, schema: schema) {
      let start = plan.count
      adapters.append(
        Tower.adapters(
          name, inputs: inputs, widths: configuration.hidden,
          reduction: configuration.adapterReduction, in: &plan))
      adapterRanges.append(start..<plan.count)
    }
    let denseStart = plan.count
    tower = Tower(
      inputs: inputs, widths: configuration.hidden, adapters: adapters,
      mixes: configuration.adaptation == .moe, capacity: capacity, in: &plan,
      activations: &activations)
    head = OutputHead(inputs: tower.output.columns, in: &plan)
    let tableStart = plan.count
    embedding = Embedding(
      schema: schema, width: configuration.embeddingWidth, capacity: capacity, in: &plan,
      activations: &activations)
    wide = configuration.backbone == .wdl ? WideWeights(schema: schema, in: &plan) : nil
    ranges = ParameterRanges(
      gate: 0..<gateEnd, adapters: adapterRanges, dense: denseStart..<tableStart,
      tables: tableStart..<plan.count)
    logits = activations.reserve("logits", columns: capacity)
    logitGradient = activations.reserve("logitGradient", columns: capacity)
    losses = activations.reserve("losses", columns: capacity)
    self.plan = plan
    self.activations = activations
  }

  private static func gate(
    _ configuration: ModelConfiguration, schema: Schema, inputs: Int, capacity: Int,
    in plan: inout ParameterPlan, activations: inout Layout
  ) -> Gate? {
    guard configuration.adaptation == .moe else { return nil }
    let experts = configuration.expertCount(domains: schema.domainCount)
    let share =
      configuration.gate.initialisation == .ownDomain ? GateConfiguration.ownDomainShare : nil
    switch configuration.gate.input {
    case .domain:
      let gate = DomainGate(
        domains: schema.domainCount, experts: experts, ownDomainShare: share, in: &plan,
        activations: &activations)
      return Gate(gate, experts: experts, capacity: capacity, activations: &activations)
    case .features:
      let gate = FeatureGate(
        inputs: inputs, domains: schema.domainCount, experts: experts, ownDomainShare: share,
        in: &plan)
      return Gate(gate, experts: experts, capacity: capacity, activations: &activations)
    }
  }

  private static func adapterNames(
    _ configuration: ModelConfiguration, schema: Schema
  ) -> [String] {
    switch configuration.adaptation {
    case .none: []
    case .mlora: (0..<schema.domainCount).map { "domains.\($0)" }
    case .moe:
      (0..<configuration.expertCount(domains: schema.domainCount)).map { "experts.\($0)" }
    }
  }

  /// The initial parameters for a seed; the same for the parts that two models share.
  public func initialParameters(seed: UInt64) -> Buffer {
    var parameters = Buffer(layout)
    plan.initialise(&parameters, seed: seed)
    return parameters
  }
}
