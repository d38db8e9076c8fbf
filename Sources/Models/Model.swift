public import Features
public import Kernels
import Layers

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
    let kind = configuration.backbone.type
    network = AdaptedTower(
      &plan, inputs: kind.towerInputs(fields: plan.fields, width: plan.width),
      headFeatures: kind.headFeatures(fields: plan.fields, width: plan.width))
    backbone = kind.init(&plan)
    let tableStart = plan.parameters.count
    embedding = Embedding(
      schema: schema, width: plan.width, capacity: capacity, in: &plan.parameters,
      activations: &plan.activations)
    wide = kind.isWide ? WideWeights(schema: schema, in: &plan.parameters) : nil
    let embeddings = FeatureSlots(value: embedding.output, gradient: embedding.outputGradient)
    input = DeepInput(
      embeddings: embeddings, tower: backbone.towerInput ?? embeddings,
      head: backbone.headFeatures)
    ranges = ParameterRanges(
      gate: network.gateRange, adapters: network.adapterRanges,
      dense: network.backboneStart..<tableStart, tables: tableStart..<plan.parameters.count)
    logits = plan.activations.reserve("logits", columns: capacity)
    logitGradient = plan.activations.reserve("logitGradient", columns: capacity)
    losses = plan.activations.reserve("losses", columns: capacity)
    self.plan = plan.parameters
    activations = plan.activations
  }

  /// The initial parameters for a seed; the same for the parts that two models share.
  public func initialParameters(seed: UInt64) -> Buffer {
    var parameters = Buffer(layout)
    plan.initialise(&parameters, seed: seed)
    return parameters
  }
}
