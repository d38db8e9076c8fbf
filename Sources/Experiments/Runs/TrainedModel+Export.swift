import Checkpoints
import Features
import Foundation
import Kernels
import Models

extension TrainedModel {
  /// The version of the metadata of exported weights.
  private static let exportVersion = "1"

  /// The domain that an argument names: by its number, or by its name where that is no domain's number.
  ///
  /// - Throws: ``ExperimentError`` if the model has no such domain, or has no tower of its own for one.
  public func domainToMerge(
    _ text: String, of run: RunDirectory
  ) throws(ExperimentError) -> Int {
    try checkMerging(of: run)
    let names = model.schema.domainNames
    let number = Int(text).flatMap { names.indices.contains($0) && "\($0)" == text ? $0 : nil }
    guard let domain = number ?? names.firstIndex(of: text) else {
      throw .noSuchDomain(path: run.path, names: names, found: text)
    }
    return domain
  }

  /// Whether merging a domain leaves everything as it is, because nothing acts on a domain alone.
  public var isWithoutDomains: Bool {
    model.configuration.adaptation == .none && !model.configuration.backbone.isMultiDomain
  }

  private func checkMerging(of run: RunDirectory) throws(ExperimentError) {
    let file = ConfigurationSource.file(run.configurationPath, line: nil)
    switch model.configuration.mergeObstacle {
    case nil: break
    case .gateOfFeatures:
      throw .configuration(
        file, key: "model.gate.input",
        "expected \(GateInput.domain.rawValue) for --merge-domain, found "
          + "\(model.configuration.gate.input.rawValue)")
    case .expertsOfFeatures:
      throw .configuration(
        file, key: "model.backbone",
        "expected a network for --merge-domain that mixes no experts by the sample, found "
          + "\(model.configuration.backbone.rawValue)")
    }
  }

  /// Writes the parameters to a file that says by itself what they are of.
  ///
  /// - Parameters:
  ///   - domain: A domain whose parts are folded into a model without any (``Models/Model/merged(_:domain:)``);
  ///     `nil` for all parameters as they are.
  ///   - path: The file, which is replaced.
  /// - Returns: What the file holds.
  /// - Throws: ``Checkpoints/CheckpointError`` if it cannot be written.
  public func export(mergingDomain domain: Int?, to path: String) throws -> ExportedWeights {
    guard let domain else {
      return try write(model, parameters, metadata: [:], to: path)
    }
    let merged = model.merged(parameters, domain: domain)
    var metadata = [
      "merged.domain": "\(domain)", "merged.domainName": model.schema.domainNames[domain],
      "merged.backbone": model.configuration.backbone.rawValue,
      "merged.adaptation": model.configuration.adaptation.rawValue,
    ]
    if !merged.expertWeights.isEmpty {
      metadata["merged.expertWeights"] = "\(merged.expertWeights)"
    }
    return try write(merged.model, merged.parameters, metadata: metadata, to: path)
  }

  private func write(
    _ model: Model, _ parameters: borrowing Buffer, metadata: [String: String], to path: String
  ) throws -> ExportedWeights {
    var metadata = metadata
    metadata["format"] = "moe-mlora weights"
    metadata["formatVersion"] = TrainedModel.exportVersion
    metadata["run.parametersSHA256"] = parametersSHA256
    metadata[TrainedModel.fingerprintKey] = fingerprint
    metadata[TrainedModel.schemaKey] = try TrainedModel.text(of: model.schema)
    metadata.merge(ConfigurationKey.texts(of: model.configuration)) { $1 }
    let entries = model.layout.entries
    try TensorFile.write(entries, of: parameters, metadata: metadata, to: path, by: .unique)
    let configuration = model.configuration
    return ExportedWeights(
      model: "\(configuration.backbone.rawValue), \(configuration.adaptation.rawValue)",
      tensors: entries.count,
      floats: entries.reduce(0) { $0 + $1.slot.count })
  }
}

extension ConfigurationKey {
  /// The values of a model's keys, as they are written in a file.
  fileprivate static func texts(of model: ModelConfiguration) -> [String: String] {
    var configuration = RunConfiguration()
    configuration.model = model
    return all.filter { $0.sections.first == "model" }
      .reduce(into: [:]) { $0[$1.name] = $1.text(configuration) }
  }
}
