public import Kernels

/// A tower layer without adapters, for all rows of a shard or for a run of them.
///
/// `y = Dropout(ReLU(x · W + b))`, with `x` `[B, I]`, `W` `[I, O]`, `b` `[O]`, `y` `[B, O]`. Layers of
/// different domains may share activations, because their rows are not the same.
public struct Dense: Sendable {
  /// `W`, `[I, O]`.
  public let weight: Slot
  /// `b`, `[1, O]`.
  public let bias: Slot
  /// Tells this layer's dropout words from those of other layers.
  private let firstDropoutWord: Int
  /// `y`, `[B, O]`.
  public let output: Slot
  /// The gradient of `y`, `[B, O]`.
  public let outputGradient: Slot

  /// Reserves `W` and `b` as `name.weight` and `name.bias`; the activations were reserved before.
  public init(
    _ name: String, inputs: Int, output: Slot, outputGradient: Slot, firstDropoutWord: Int,
    in plan: inout ParameterPlan
  ) {
    weight = plan.reserve(
      "\(name).weight", rows: inputs, columns: output.columns,
      .glorotNormal(inputs: inputs, outputs: output.columns))
    bias = plan.reserve("\(name).bias", columns: output.columns, .constant(0))
    self.firstDropoutWord = firstDropoutWord
    self.output = output
    self.outputGradient = outputGradient
  }

  /// The parameters of both tensors, which lie one behind the other.
  var range: Range<Int> { weight.offset..<bias.range.upperBound }

  /// Computes `y` of some rows from `x`, which holds those rows alone.
  func forward(
    _ x: Matrix, parameters: borrowing Buffer, rows: RowContext, run: Range<Int>,
    arena: borrowing Arena
  ) {
    var all = arena.mutableMatrix(output, rows: rows.count)
    var y = all.rows(run)
    multiply(x, parameters.matrix(weight), into: &y)
    if let dropout = rows.dropout {
      rectify(
        &y, bias: parameters.span(bias), dropout: dropout,
        rowKeys: rows.rowKeys.span.extracting(run), firstWord: firstDropoutWord)
    } else {
      rectify(&y, bias: parameters.span(bias))
    }
  }

  /// Overwrites the gradients of `W` and `b`, and that of the rows' inputs or adds to it.
  ///
  /// Expects the gradient of `y` in its slot, and overwrites it. `dx = beta · dx + δ Wᵀ`.
  func backward(
    _ x: Matrix, inputGradient: Slot, beta: Float, parameters: borrowing Buffer,
    gradients: inout Buffer, rows: RowContext, run: Range<Int>, arena: borrowing Arena
  ) {
    var allGradients = arena.mutableMatrix(outputGradient, rows: rows.count)
    var dy = allGradients.rows(run)
    var biasGradient = gradients.mutableSpan(bias)
    fill(&biasGradient, with: 0)
    rectifyBackward(
      arena.matrix(output, rows: rows.count).rows(run), &dy, scale: rows.dropout?.scale ?? 1,
      addingTo: &biasGradient)
    var weightGradient = gradients.mutableMatrix(weight)
    multiply(transposed: x, dy.view, into: &weightGradient)
    var allInputs = arena.mutableMatrix(inputGradient, rows: rows.count)
    var dx = allInputs.rows(run)
    multiply(dy.view, transposed: parameters.matrix(weight), beta: beta, into: &dx)
  }
}
