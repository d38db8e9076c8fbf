import Features
import Kernels
import Layers

/// A model under construction: where its parameters and activations lie so far.
struct ModelPlan {
  /// What the model is made from.
  let configuration: ModelConfiguration
  /// The fields and domains it reads.
  let schema: Schema
  /// The largest number of rows of one pass.
  let capacity: Int
  /// The parameters, in the order of ``ParameterRanges``.
  var parameters = ParameterPlan()
  /// The activations.
  var activations: Layout
  /// The concatenated embeddings, `[B, F·K]`.
  let embeddings: FeatureSlots

  init(_ configuration: ModelConfiguration, schema: Schema, capacity: Int) {
    self.configuration = configuration
    self.schema = schema
    self.capacity = capacity
    var activations = Layout()
    let columns = schema.fields.count * configuration.embeddingWidth
    embeddings = FeatureSlots(
      value: activations.reserve("embedding.output", rows: capacity, columns: columns),
      gradient: activations.reserve("embedding.outputGradient", rows: capacity, columns: columns))
    self.activations = activations
  }

  /// The number of fields, `F`.
  var fields: Int { schema.fields.count }

  /// The width of an embedding, `K`.
  var width: Int { configuration.embeddingWidth }

  /// The number of experts, `E`.
  var experts: Int { configuration.expertCount(domains: schema.domainCount) }
}
