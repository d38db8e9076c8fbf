import Models

extension PhaseShape {
  /// The sizes of a phase of a model.
  ///
  /// - Parameters:
  ///   - task: what the phase trains, or one of its experts.
  ///   - model: the model.
  ///   - training: how it is trained.
  ///   - parts: what is trained by itself: the phase, or its experts.
  init(
    _ task: TrainingTask, of model: Model, _ training: TrainingConfiguration, parts: [Part]
  ) {
    let phase = task.phase
    let trainsTables = task.trainable.contains(.backbone)
    self.init(
      phase: phase, shards: training.shards, globalBatch: training[phase].globalBatch,
      evaluationsPerEpoch: training[phase].evaluationsPerEpoch,
      gradientFloats: task.range.count + StepRequests.count,
      tables: trainsTables
        ? StepTraffic.Tables(
          rows: model.embeddingTables.map(\.rows), width: model.configuration.embeddingWidth,
          placement: training.tables)
        : StepTraffic.Tables(),
      parts: parts,
      memory: .init(
        dense: model.ranges.tables.lowerBound, changes: task.range.count,
        largestChange: model.layout.entries(in: task.range).map(\.slot.count).max() ?? 0,
        prefix: task.range.lowerBound, tables: model.ranges.tables.count,
        activations: model.activationCount, fields: model.schema.fields.count,
        writesCheckpoints: training.checkpoint.isEnabled))
  }
}
