public import Features
public import Models

/// How large a backbone is for some data, and what a row costs.
public struct ModelSize: Hashable, Codable, Sendable {
  /// The figures of one adaptation.
  public struct Figures: Hashable, Codable, Sendable {
    /// The parameters without tables.
    public var parameters: Int
    /// The multiply-adds of a row's forward pass as it is served.
    public var multiplyAdds: Int
  }

  /// The backbone's name.
  public var backbone: BackboneKind
  /// What is built, in one line.
  public var summary: String
  /// The parameters of embeddings and wide weights; `nil` where ``adaptations`` is empty.
  public var tableParameters: Int?
  /// By adaptation; `mlora` and `moe` only for backbones that take one, and none at all for a network that
  /// needs more layers than the configuration has.
  public var adaptations: [String: Figures]

  /// Measures a backbone with the sizes of a configuration, if it can have them.
  public init(_ backbone: BackboneKind, _ configuration: ModelConfiguration, schema: Schema) {
    self.backbone = backbone
    summary = backbone.summary
    tableParameters = nil
    adaptations = [:]
    guard configuration.hidden.count >= backbone.minimumLayers else { return }
    for adaptation in ModelSize.adaptations where !backbone.isMultiDomain || adaptation == .none {
      var own = configuration
      own.backbone = backbone
      own.adaptation = adaptation
      let model = Model(own, schema: schema, capacity: 1)
      tableParameters = ModelSize.count(model, in: model.ranges.tables)
      adaptations[adaptation.rawValue] = Figures(
        parameters: ModelSize.count(model, in: 0..<model.ranges.dense.upperBound),
        multiplyAdds: model.multiplyAdds(.served(adaptation)))
    }
  }

  /// The adaptations that are compared.
  static let adaptations: [Adaptation] = [.none, .mlora, .moe]

  private static func count(_ model: Model, in range: Range<Int>) -> Int {
    model.layout.entries(in: range).reduce(0) { $0 + $1.slot.count }
  }
}

extension ModelSize {
  /// The sizes of all backbones, as a table for a terminal.
  public static func text(_ sizes: [ModelSize]) -> String {
    let names = adaptations.map(\.rawValue)
    let head =
      ["backbone"] + names.map { "\($0) parameters" } + ["in tables"]
      + names.map { "\($0) multiply-adds" }
    let lines = sizes.map { size in
      let figures = names.map { size.adaptations[$0] }
      return [size.backbone.rawValue] + figures.map { cell($0?.parameters) }
        + [cell(size.tableParameters)] + figures.map { cell($0?.multiplyAdds) }
    }
    let summaries = sizes.map { [$0.backbone.rawValue, $0.summary] }
    return "\(TextTable([head] + lines))\n\n\(TextTable(summaries, others: .left))"
  }

  /// A figure, or a dash for none.
  private static func cell(_ figure: Int?) -> String { figure.map { "\($0)" } ?? "-" }
}
