public import Features
public import Kernels
public import Models

/// The forward pass of a model in double precision, as the specification writes it.
public struct ReferenceModel: Sendable {
  private let configuration: ModelConfiguration
  private let schema: Schema

  /// Describes the model of a configuration.
  public init(_ configuration: ModelConfiguration, schema: Schema) {
    self.configuration = configuration
    self.schema = schema
  }

  /// The mean cross-entropy of a batch.
  public func loss(
    _ batch: Batch, _ parameters: ReferenceParameters, mode: ModelMode, dropout: DropoutMask?
  ) -> Double {
    let z = logits(batch, parameters, mode: mode, dropout: dropout)
    var sum = 0.0
    for row in 0..<batch.count {
      sum += referenceCrossEntropy(logit: z[row], label: Double(batch.labels[row]))
    }
    return sum / Double(batch.count)
  }

  /// The logit of every row.
  public func logits(
    _ batch: Batch, _ parameters: ReferenceParameters, mode: ModelMode, dropout: DropoutMask?
  ) -> [Double] {
    let x = inputs(batch, parameters)
    let rows = ReferenceRows(
      domains: batch.domains.prefix(batch.count).map(Int.init),
      samples: Array(batch.samples.prefix(batch.count)), dropout: dropout)
    let networks = ReferenceNetworks(
      hidden: configuration.hidden, parameters: parameters, rows: rows)
    let experts = configuration.expertCount(domains: schema.domainCount)
    switch configuration.builtBackbone {
    case .sharedBottom:
      return networks.sharedBottom(x)
    case .mmoe:
      return networks.gatedExperts(x, shared: experts, perDomain: 0)
    case .ple:
      return networks.gatedExperts(
        x, shared: experts, perDomain: configuration.domainExperts)
    case .star:
      return networks.star(x)
    case .mlp, .wdl, .deepfm, .nfm, .pnn, .dcn, .autoint, .xdeepfm, .fibinet:
      let parts = backbone(x, parameters)
      let deep = tower(parts.input, x, parts.features, rows, parameters, mode: mode)
      return (0..<batch.count).map {
        deep[$0] + parts.logits[$0] + wide($0, of: batch, parameters)
      }
    }
  }

  /// What a backbone makes of embeddings: the tower's input, what stands before the tower's output in the
  /// head, and logits.
  private func backbone(
    _ x: Table, _ parameters: ReferenceParameters
  ) -> (input: Table, features: Table, logits: [Double]) {
    let (fields, width) = (schema.fields.count, configuration.embeddingWidth)
    var (input, features) = (x, Table(rows: x.rows, columns: 0))
    var logits = [Double](repeating: 0, count: x.rows)
    switch configuration.builtBackbone {
    case .deepfm: logits = referenceFactorisation(x, fields: fields, width: width)
    case .nfm: input = referenceBiInteraction(x, fields: fields, width: width)
    case .pnn: input = referenceInnerProducts(x, fields: fields, width: width)
    case .dcn: features = referenceCross(x, layers: 2, parameters: parameters)
    case .autoint:
      features = referenceSelfAttention(
        x, fields: fields, width: width, layers: 3, heads: 4, headWidth: 8,
        parameters: parameters)
    case .xdeepfm:
      logits = referenceCompressedInteraction(
        x, fields: fields, width: width, maps: [128, 128], parameters: parameters)
    case .fibinet:
      input = referenceBilinear(x, fields: fields, width: width, parameters: parameters)
    default: break
    }
    return (input, features, logits)
  }

  /// The logit of the tower on `input` and of the head, for embeddings `x`.
  private func tower(
    _ input: Table, _ x: Table, _ features: Table, _ rows: ReferenceRows,
    _ parameters: ReferenceParameters, mode: ModelMode
  ) -> [Double] {
    let weights = adapterWeights(x, rows, parameters, mode: mode)
    var hidden = input
    var firstWord = 0
    for (index, width) in configuration.hidden.enumerated() {
      hidden = referenceDense(
        hidden, layer: "tower.\(index)", adapters: adapterNames, weights: weights,
        parameters: parameters, rows: rows, firstWord: firstWord)
      firstWord += DropoutMask.wordCount(width: width)
    }
    let deep = features.beside(hidden).times(parameters["head.weight"])
    return (0..<rows.count).map { deep[$0, 0] + parameters["head.bias"][0, 0] }
  }

  private var adapterNames: [String] {
    switch configuration.adaptation {
    case .none: []
    case .mlora: (0..<schema.domainCount).map { "domains.\($0)" }
    case .moe, .compat:
      (0..<configuration.expertCount(domains: schema.domainCount)).map { "experts.\($0)" }
    }
  }

  private func inputs(_ batch: Batch, _ parameters: ReferenceParameters) -> Table {
    let width = configuration.embeddingWidth
    var x = Table(rows: batch.count, columns: schema.fields.count * width)
    for (index, field) in schema.fields.enumerated() {
      let table = parameters["embedding.\(field.name)"]
      for (row, id) in batch.ids(ofField: index).enumerated() {
        for k in 0..<width { x[row, index * width + k] = table[Int(id), k] }
      }
    }
    return x
  }

  private func wide(
    _ row: Int, of batch: Batch, _ parameters: ReferenceParameters
  ) -> Double {
    guard ![.mlp, .pnn].contains(configuration.builtBackbone) else { return 0 }
    var sum = 0.0
    for (index, field) in schema.fields.enumerated() {
      let id = Int(batch.ids[index * batch.capacity + row])
      sum += parameters["wide.\(field.name)"][id, 0]
    }
    return sum
  }

  /// The factor of each adapter for each row; `nil` for the backbone alone.
  private func adapterWeights(
    _ x: Table, _ rows: ReferenceRows, _ parameters: ReferenceParameters, mode: ModelMode
  ) -> Table? {
    var units = Table(rows: rows.count, columns: adapterNames.count)
    switch mode {
    case .backbone:
      return nil
    case .expert(let expert):
      for row in 0..<rows.count { units[row, expert] = 1 }
      return units
    case .domainAdapters:
      for row in 0..<rows.count { units[row, rows.domains[row]] = 1 }
      return units
    case .gated:
      return configuration.gate.input == .domain
        ? referenceDomainGate(domains: rows.domains, parameters: parameters)
        : referenceFeatureGate(x, domains: rows.domains, parameters: parameters)
    }
  }
}
