public import Features
public import Kernels
public import Layers

extension Model {
  /// Prepares for passes in a mode with these parameters: to be called whenever they have changed.
  public func prepare(
    _ parameters: borrowing Buffer, mode: ModelMode, _ workspace: borrowing ModelWorkspace
  ) {
    network.prepare(parameters, mode: mode, arena: workspace.arena)
  }

  /// Computes the logit of every row.
  ///
  /// `dropout` says which units to drop in training, and is `nil` outside it.
  public func forward(
    _ batch: Batch, parameters: borrowing Buffer, mode: ModelMode, dropout: DropoutMask?,
    _ workspace: inout ModelWorkspace
  ) {
    precondition(batch.count <= capacity, "\(batch.count) rows in a pass of \(capacity)")
    workspace.rows.describe(batch, dropout: dropout)
    embedding.forward(batch, parameters: parameters, arena: workspace.arena)
    var row = workspace.arena.mutableMatrix(logits, rows: 1)
    var z = row.columns(0..<batch.count)
    var values = z[row: 0]
    fill(&values, with: 0)
    backbone.forward(
      workspace.arena.matrix(embedding.output, rows: batch.count), parameters: parameters,
      arena: workspace.arena, into: &values)
    network.forward(
      input, parameters: parameters, rows: workspace.rows, mode: mode, arena: workspace.arena,
      into: &values)
    wide?.add(batch, parameters: parameters, into: &values)
  }

  /// The logits of the last forward pass.
  @_lifetime(borrow workspace)
  public func logits(_ workspace: borrowing ModelWorkspace) -> Span<Float> {
    workspace.arena.matrix(logits, rows: 1).columns(0..<workspace.rows.count)[row: 0]
  }

  /// Computes the loss of the last forward pass and the gradients of what is trainable.
  ///
  /// A row weighs `scale` in the loss, `1 / B` of the global batch. Dense gradients overwrite their
  /// slots of `gradients`, which holds everything but the tables or more. The gradients of tables are
  /// left row by row: ``inputGradient(_:)`` for embeddings, ``logitGradient(_:)`` for wide weights.
  ///
  /// - Returns: the sum of the rows' cross-entropies, without `scale`.
  public func backward(
    _ batch: Batch, parameters: borrowing Buffer, mode: ModelMode, trainable: TrainableParts,
    scale: Float, gradients: inout Buffer, _ workspace: inout ModelWorkspace
  ) -> Double {
    precondition(
      workspace.rows.count == batch.count,
      "\(batch.count) rows backward, \(workspace.rows.count) forward")
    let lossSum = differentiateLoss(batch, scale: scale, workspace)
    let trainsBackbone = trainable.contains(.backbone)
    if trainsBackbone && backbone.towerInput != nil {
      workspace.arena.zero(embedding.outputGradient, rows: batch.count)
    }
    let logitRow = workspace.arena.matrix(logitGradient, rows: 1).columns(0..<batch.count)
    network.backward(
      input, logitGradient: logitRow[row: 0], parameters: parameters, gradients: &gradients,
      rows: workspace.rows, mode: mode, trainable: trainable, arena: workspace.arena)
    if trainsBackbone {
      backbone.backward(
        workspace.arena.matrix(embedding.output, rows: batch.count),
        logitGradient: logitRow[row: 0], inputGradient: embedding.outputGradient,
        parameters: parameters, gradients: &gradients, arena: workspace.arena)
    }
    return lossSum
  }

  /// Moves the statistics of the backbone towards those of a batch.
  ///
  /// `totals` are the sums over all shards of what backward passes left in the floats of
  /// ``ParameterRanges/statistics``.
  public func updateStatistics(from totals: Span<Float>, parameters: inout Buffer) {
    network.updateStatistics(from: totals, parameters: &parameters)
  }

  /// The gradient of the concatenated embeddings, `[B, F·K]`, of the last backward pass.
  ///
  /// It is computed when the backbone is trainable; row `b`'s block `f` belongs to the row of field
  /// `f`'s table that the sample uses.
  @_lifetime(borrow workspace)
  public func inputGradient(_ workspace: borrowing ModelWorkspace) -> Matrix {
    workspace.arena.matrix(embedding.outputGradient, rows: workspace.rows.count)
  }

  /// The gradient of every row's logit, of the last backward pass.
  @_lifetime(borrow workspace)
  public func logitGradient(_ workspace: borrowing ModelWorkspace) -> Span<Float> {
    workspace.arena.matrix(logitGradient, rows: 1).columns(0..<workspace.rows.count)[row: 0]
  }

  private func differentiateLoss(
    _ batch: Batch, scale: Float, _ workspace: borrowing ModelWorkspace
  ) -> Double {
    let z = workspace.arena.matrix(logits, rows: 1).columns(0..<batch.count)
    var lossRow = workspace.arena.mutableMatrix(losses, rows: 1)
    var lossColumns = lossRow.columns(0..<batch.count)
    var lossValues = lossColumns[row: 0]
    var gradientRow = workspace.arena.mutableMatrix(logitGradient, rows: 1)
    var gradientColumns = gradientRow.columns(0..<batch.count)
    var gradientValues = gradientColumns[row: 0]
    crossEntropy(
      logits: z[row: 0], labels: batch.labels.span.extracting(0..<batch.count), scale: scale,
      losses: &lossValues, derivatives: &gradientValues)
    var sum = 0.0
    for row in 0..<lossValues.count { sum += Double(lossValues[row]) }
    return sum
  }
}

// MARK: - Gradients of tables

extension Model {
  /// The embedding tables, by field.
  public var embeddingTables: [Slot] { embedding.tables }

  /// The wide tables, by field; empty without a wide part.
  public var wideTables: [Slot] { wide?.tables ?? [] }

  /// The floats a row contributes to the gradients of tables: `F·K` of its embeddings, one of its logit.
  public var rowGradientWidth: Int { embedding.output.columns + 1 }

  /// Copies the last backward pass's row gradients behind the first `row` rows of a buffer of rows.
  ///
  /// Columns `0..<F·K` of a row are the gradient of the concatenated embeddings, the last that of the
  /// logit, which is the gradient of every wide weight the row uses.
  public func copyRowGradients(
    _ workspace: borrowing ModelWorkspace, to row: Int, of rows: inout Buffer
  ) {
    let count = workspace.rows.count
    let width = rowGradientWidth
    let inputs = workspace.arena.matrix(embedding.outputGradient, rows: count)
    let logits = workspace.arena.matrix(logitGradient, rows: 1)[row: 0]
    for index in 0..<count {
      let start = (row + index) * width
      var gradient = rows.mutableSpan(start..<start + width - 1)
      copy(inputs[row: index], into: &gradient)
      var logit = rows.mutableSpan(start + width - 1..<start + width)
      logit[0] = logits[index]
    }
  }
}

// MARK: - Cost

extension Model {
  /// The multiply-adds of a row's forward pass: products of the network and of the interactions, without
  /// additions of biases, activations and lookups.
  ///
  /// With one adapter where the mode uses one, with all and their mixing where it is gated.
  public func multiplyAdds(_ mode: ModelMode) -> Int {
    network.multiplyAdds(mode) + backbone.multiplyAdds
  }
}

extension Model {
  /// The floating-point operations that training one row takes at least, two for a multiply-add.
  ///
  /// Three times the forward pass of what is trained. Frozen parts have no gradients of weights: twice
  /// their forward pass for a tower that gradients go through, once for interactions and for what the
  /// tower's first layer reads, which none do.
  public func trainingOperations(_ mode: ModelMode, trainable: TrainableParts) -> Int {
    guard !trainable.contains(.backbone) else { return 6 * multiplyAdds(mode) }
    let tower = network.multiplyAdds(.backbone)
    let adapters = network.multiplyAdds(mode) - tower
    return 2 * backbone.multiplyAdds + 4 * tower
      + (trainable.contains(.adapters) ? 6 : 4) * adapters - 2 * network.inputMultiplyAdds(mode)
  }
}
