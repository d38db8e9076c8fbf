public import Features
public import Kernels
public import Layers

/// A CTR model: embeddings, the backbone's interactions, an optional wide part and a deep network.
///
/// `z` is the network's logit plus the backbone's and that of the wide part; the probability is
/// `1 / (1 + exp(-z))`. A model is a value that says where parameters
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

  /// The dense parameters whose squares are part of the loss as those of tables are, ascending.
  public let penalised: [Slot]

  let plan: ParameterPlan
  let activations: Layout
  let embedding: Embedding
  let wide: WideWeights?
  let backbone: any Backbone
  let network: any DeepNetwork
  /// Where the network reads.
  let input: DeepInput
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
    var plan = ModelPlan(configuration, schema: schema, capacity: capacity)
    let kind = configuration.builtBackbone.type
    network = Model.network(&plan, kind)
    let backbone = kind.init(&plan)
    self.backbone = backbone
    penalised = backbone.penalised
    let tableStart = plan.parameters.count
    let denseEnd = network.statistics.isEmpty ? tableStart : network.statistics.lowerBound
    embedding = Embedding(
      schema: schema, output: plan.embeddings.value, outputGradient: plan.embeddings.gradient,
      in: &plan.parameters)
    wide = kind.isWide ? WideWeights(schema: schema, in: &plan.parameters) : nil
    input = DeepInput(
      embeddings: plan.embeddings, tower: backbone.towerInput ?? plan.embeddings,
      head: backbone.headFeatures)
    ranges = ParameterRanges(
      gate: network.gateRange, adapters: network.adapterRanges,
      dense: network.backboneStart..<denseEnd, statistics: denseEnd..<tableStart,
      tables: tableStart..<plan.parameters.count)
    logits = plan.activations.reserve("logits", columns: capacity)
    logitGradient = plan.activations.reserve("logitGradient", columns: capacity)
    losses = plan.activations.reserve("losses", columns: capacity)
    self.plan = plan.parameters
    activations = plan.activations
  }

  private static func network(
    _ plan: inout ModelPlan, _ kind: any Backbone.Type
  ) -> any DeepNetwork {
    let input = plan.embeddings
    switch plan.configuration.backbone {
    case .sharedBottom:
      return SharedBottom(&plan, input: input)
    case .mmoe:
      return GatedExperts(&plan, input: input, shared: plan.experts, perDomain: 0)
    case .ple:
      return GatedExperts(
        &plan, input: input, shared: plan.experts, perDomain: plan.configuration.domainExperts)
    case .star:
      return STAR(&plan, input: input)
    case .mlp, .wdl, .deepfm, .nfm, .pnn, .dcn, .autoint, .xdeepfm, .fibinet:
      return AdaptedTower(
        &plan, inputs: kind.towerInputs(fields: plan.fields, width: plan.width),
        headFeatures: kind.headFeatures(fields: plan.fields, width: plan.width))
    }
  }

  /// The initial parameters for a seed; the same for the parts that two models share.
  public func initialParameters(seed: UInt64) -> Buffer {
    var parameters = Buffer(layout)
    plan.initialise(&parameters, seed: seed)
    return parameters
  }

  /// Sets the tensors of a range to ``initialParameters(seed:)``.
  package func initialise(_ parameters: inout Buffer, within range: Range<Int>, seed: UInt64) {
    plan.initialise(&parameters, within: range, seed: seed)
  }

  /// The initial values of a table for a seed: those of ``initialParameters(seed:)``, row by row.
  ///
  /// - Parameters:
  ///   - table: One of ``embeddingTables`` or ``wideTables``.
  ///   - seed: The seed.
  /// - Returns: What draws them.
  public func initialValues(ofTable table: Slot, seed: UInt64) -> InitialValues {
    guard let index = layout.entries.firstIndex(where: { $0.slot == table }) else {
      preconditionFailure("no tensor at \(table.range)")
    }
    return plan.initialValues(ofEntry: index, seed: seed)
  }

  /// The same model with tables of at most `rows` rows: its dense parameters lie where they do here.
  package func withTables(ofAtMost rows: Int) -> Model {
    var schema = schema
    schema.fields = schema.fields.map { field in
      var field = field
      field.cardinality = min(field.cardinality, rows)
      return field
    }
    return Model(configuration, schema: schema, capacity: capacity)
  }
}
