import Checkpoints
public import Datasets
public import Evaluation
import Features
import Foundation
public import Kernels
public import Models
public import MPI
public import Training

/// A model read back from a run, to be evaluated or asked for predictions.
public struct TrainedModel: ~Copyable, Sendable {
  /// The metadata key under which a checkpoint holds fields and domains, as JSON.
  static let schemaKey = "schema"
  /// The metadata key of the dataset's fingerprint.
  static let fingerprintKey = "dataset"

  /// The model.
  public let model: Model
  /// Its parameters.
  public let parameters: Buffer
  /// The fingerprint of the dataset it was trained on.
  public let fingerprint: String
  /// The checksum of its parameters.
  public let parametersSHA256: String

  /// Reads the configuration and the final checkpoint of a run.
  ///
  /// - Throws: ``ExperimentError`` or ``Checkpoints/CheckpointError`` if the run has not finished, if a
  ///   file is damaged, or if the checkpoint is not the one whose digest the run's figures have.
  public init(of run: RunDirectory) throws {
    let configuration = try run.configuration()
    let results = try run.results()
    let file = try TensorFile(reading: run.finalCheckpointPath)
    let schema = try TrainedModel.schema(of: file.header, path: run.finalCheckpointPath)
    let model = Model(configuration.model, schema: schema, capacity: Scorer.blockRows)
    try file.checkShapes(of: model.layout.entries)
    var parameters = Buffer(model.layout)
    try file.read(model.layout.entries, into: &parameters)
    let digest = file.header.metadata[TensorFile.digestKey] ?? ""
    guard digest == results.parametersSHA256 else {
      throw CheckpointError.unexpected(
        file: run.finalCheckpointPath, key: "__metadata__.\(TensorFile.digestKey)",
        expected: "\(results.parametersSHA256), as \(run.resultsPath) says", found: digest)
    }
    parametersSHA256 = digest
    fingerprint = file.header.metadata[TrainedModel.fingerprintKey] ?? ""
    self.model = model
    self.parameters = parameters
  }

  /// The mode in which a fully trained model is served.
  public var mode: ModelMode { .served(model.configuration.adaptation) }

  private static func schema(
    of header: TensorFileHeader, path: String
  ) throws(CheckpointError) -> Schema {
    let text = header.metadata[schemaKey] ?? ""
    guard let schema = try? JSONDecoder().decode(Schema.self, from: Data(text.utf8)) else {
      throw .unexpected(
        file: path, key: "__metadata__.\(schemaKey)", expected: "fields and domains as JSON",
        found: text.isEmpty ? "nothing" : "other text")
    }
    // The tensors' digest does not cover the metadata, so it may be damaged in any way.
    if let (expected, found) = schema.contradiction {
      throw .unexpected(
        file: path, key: "__metadata__.\(schemaKey)", expected: expected, found: found)
    }
    return schema
  }

  /// Writes a trainer's parameters with what is needed to read them back.
  static func write(
    _ trainer: borrowing Trainer, dataset: Dataset, to path: String
  ) throws {
    try TensorFile.write(
      trainer.model.layout.entries, of: trainer.parameters,
      metadata: [schemaKey: text(of: dataset.schema), fingerprintKey: dataset.fingerprint],
      to: path)
  }

  /// Fields and domains as JSON, the same bytes for the same schema.
  static func text(of schema: Schema) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(schema), as: UTF8.self)
  }
}

// MARK: - Use

extension TrainedModel {
  /// Throws unless a dataset has the content that the model was trained on.
  public func checkContent(of dataset: Dataset) throws(DatasetError) {
    guard dataset.fingerprint != fingerprint else { return }
    throw .unexpected(
      path: "\(dataset.directory)/\(DatasetDescription.fileName)", line: nil,
      expected: "the run's dataset, fingerprint \(fingerprint.prefix(16))",
      found: String(dataset.fingerprint.prefix(16)))
  }

  /// Throws unless a dataset has the fields and domains that the model was trained on.
  public func checkSchema(of dataset: Dataset) throws(DatasetError) {
    guard dataset.schema != model.schema else { return }
    func text(_ schema: Schema) -> String {
      schema.fields.map { "\($0.name) below \($0.cardinality)" }.joined(separator: ", ")
        + ", domains \(schema.domainNames.joined(separator: ", "))"
    }
    throw .unexpected(
      path: "\(dataset.directory)/\(DatasetDescription.fileName)", line: nil,
      expected: "the model's fields (\(text(model.schema)))", found: text(dataset.schema))
  }

  /// Throws the same error on all ranks unless all evaluate the same model on the same data, and do so
  /// in the same way.
  public func requireAgreement(
    on world: Communicator, dataset: Dataset, identity: RankIdentity
  ) throws(TrainingError) {
    try Agreement([
      .build: identity.build, .processor: identity.processor,
      .configuration: facts(model.configuration, "model"),
      .checkpoint: ["SHA-256 of the parameters \(parametersSHA256)"], .dataset: facts(dataset),
    ])
    .require(on: world)
  }

  /// Evaluates the rows of a split on the ranks of a group.
  ///
  /// - Parameters:
  ///   - rows: rows of the model's own fields and domains.
  ///   - group: the ranks that share the rows.
  /// - Returns: the same table on all ranks.
  /// - Throws: if the ranks cannot reach each other.
  public func evaluate(
    _ rows: SplitRows, group: Communicator
  ) throws(MPIError) -> EvaluationTable {
    var scorer = Scorer(model, group: group)
    let mode = mode
    return try scorer.evaluate(
      rows, domains: 0..<model.schema.domainCount, parameters: parameters
    ) { _ in mode }
  }

  /// The probability of every row of a request.
  public func probabilities(of request: PredictionRequest) -> [Float] {
    var workspace = ModelWorkspace(model)
    var batch = Batch(capacity: Scorer.blockRows, fieldCount: model.schema.fields.count)
    var probabilities = [Float](repeating: 0, count: request.count)
    model.prepare(parameters, mode: mode, workspace)
    for start in stride(from: 0, to: request.count, by: Scorer.blockRows) {
      request.fill(&batch, with: start..<min(start + Scorer.blockRows, request.count))
      model.forward(batch, parameters: parameters, mode: mode, dropout: nil, &workspace)
      var values = [Float](repeating: 0, count: batch.count)
      var span = values.mutableSpan
      sigmoid(model.logits(workspace), into: &span)
      for row in 0..<batch.count { probabilities[batch.samples[row]] = values[row] }
    }
    return probabilities
  }
}
