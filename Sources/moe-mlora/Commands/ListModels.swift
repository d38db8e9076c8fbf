internal import ArgumentParser
internal import Datasets
internal import Experiments
internal import Features
internal import Foundation
internal import Models

/// `moe-mlora models`.
struct ListModels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "Lists the backbones with their parameters and the multiply-adds of a row.",
    discussion: """
      Sizes are those of a dataset, or of MovieLens-1M by gender, and of the configuration, always \
      for the adaptations none, mlora and moe: model.backbone and model.adaptation are not looked \
      at, and compat has the sizes of moe, but trains DeepFM for xdeepfm. \
      Multiply-adds are those of a forward pass as the model is served: with one adapter under \
      mlora, with all experts and the gate under moe. A training step costs about three times as \
      many; additions of biases, activations and lookups are left out. A network that \
      needs more layers than the configuration has gets a dash.

        moe-mlora models --dataset data/gender --set model.embeddingWidth=128
      """)

  @Option(help: ArgumentHelp("A prepared dataset.", valueName: "dir"), transform: nonemptyPath)
  var dataset: String?

  @Flag(help: "Print one line of JSON.")
  var json = false

  @OptionGroup var source: ConfigurationOptions

  mutating func run() throws {
    try Job.runOnFirstRank {
      let schema = try dataset.map { try Dataset(directory: $0).schema } ?? .movieLensByGender
      let configuration = try source.configuration().model
      let sizes = BackboneKind.allCases.map { ModelSize($0, configuration, schema: schema) }
      guard json else { return try Console.standard.print(ModelSize.text(sizes)) }
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      try Console.standard.print(String(decoding: try encoder.encode(sizes), as: UTF8.self))
    }
  }
}

extension Schema {
  /// The fields of MovieLens-1M with a domain per gender, for sizes without data.
  fileprivate static let movieLensByGender = Schema(
    fields: [
      Field(name: "uid", cardinality: 6041), Field(name: "pid", cardinality: 3953),
      Field(name: "domain", cardinality: 2),
    ], domainField: 2, domainNames: ["F", "M"])
}
