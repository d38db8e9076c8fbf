public import Kernels

/// The interacting layers of AutoInt: fields attend to each other, in several heads, layer upon layer.
///
/// A layer sees `Y` `[F, p]` of a row, `p` being the embeddings' width `K` below the first layer and `H·W`
/// above: `[Q | K | V | R] = Y · projection`, in each head `O = softmax_rows(Q Kᵀ) V`, without a scale,
/// and `Y ← ReLU([O_1 | … | O_H] + R)`. The features are the last `Y`, row by row: `F·H·W` per row.
///
/// Inside, activations are transposed: one row a feature, one column a field of a row. So all fields of
/// all rows are one product, and what is left of a layer works on many rows at once. Kept for the
/// backward pass are projections and probabilities, which the backward pass overwrites.
///
/// - Source: Song et al., “AutoInt”, 2019, equations 5 to 8; without biases, as in `DeepCTR` 0.9.0.
public struct SelfAttention: Sendable {
  /// One layer: its parameters, and where what belongs to it lies in the arena.
  struct Layer: Sendable {
    /// Queries, keys, values and residuals side by side, `[p, 4·H·W]`.
    let weight: Slot
    /// `[4·H·W, F·B]`.
    let projection: Slot
    /// `[H·F², B]`.
    let probabilities: Slot
    /// `[H·W, F·B]`.
    let output: Slot
  }

  /// The number of fields, `F`.
  public let fields: Int
  /// The width of a field's vector, `K`.
  public let width: Int
  /// The features, `[B, F·H·W]`.
  public let output: Slot
  /// The gradient of the features, `[B, F·H·W]`.
  public let outputGradient: Slot
  let attention: Attention
  let layers: [Layer]
  /// The input transposed, `[K, F·B]`, and its gradient.
  let input, inputGradient: Slot
  /// The gradient of one layer's output, `[H·W, F·B]`.
  let featureGradient: Slot
  let scratch: Slot

  /// The deviation that a projection's values are drawn with.
  static let initialDeviation = 0.05

  /// Reserves layer `j`'s tensor as `attention.<j>.projection`, and the activations of `capacity` rows.
  public init(
    fields: Int, width: Int, layers layerCount: Int = 3, heads: Int = 4, headWidth: Int = 8,
    capacity: Int, in plan: inout ParameterPlan, activations: inout Layout
  ) {
    precondition(width > 0 && layerCount > 0, "\(layerCount) layers on fields of width \(width)")
    let attention = Attention(fields: fields, heads: heads, headWidth: headWidth)
    self.fields = fields
    self.width = width
    self.attention = attention
    func reserve(_ name: String, _ rows: Int, _ columns: Int) -> Slot {
      activations.reserve("attention.\(name)", rows: rows, columns: columns)
    }
    let columns = fields * capacity
    input = reserve("input", width, columns)
    inputGradient = reserve("inputGradient", width, columns)
    featureGradient = reserve("featureGradient", attention.width, columns)
    scratch = reserve("scratch", 1, attention.scratchCount)
    layers = (0..<layerCount).map { index in
      Layer(
        weight: plan.reserve(
          "attention.\(index).projection", rows: index == 0 ? width : attention.width,
          columns: 4 * attention.width,
          .truncatedNormal(deviation: SelfAttention.initialDeviation)),
        projection: reserve("\(index).projection", 4 * attention.width, columns),
        probabilities: reserve("\(index).probabilities", attention.probabilityRows, capacity),
        output: reserve("\(index).output", attention.width, columns))
    }
    output = reserve("output", capacity, fields * attention.width)
    outputGradient = reserve("outputGradient", capacity, fields * attention.width)
  }

  /// The multiply-adds of a row: in each layer `4 F p H W` of the projection and `2 F² H W` of the heads.
  public var multiplyAdds: Int {
    layers.reduce(0) {
      $0 + fields * $1.weight.rows * $1.weight.columns + 2 * fields * fields * attention.width
    }
  }

  /// Computes the features of every row.
  public func forward(_ x: Matrix, parameters: borrowing Buffer, arena: borrowing Arena) {
    let rows = x.rows
    var inputs = arena.mutableMatrix(input, rows: width)
    for field in 0..<fields {
      var block = inputs.columns(field * rows..<(field + 1) * rows)
      transpose(x.columns(field * width..<(field + 1) * width), into: &block)
    }
    for index in layers.indices {
      forward(index, rows: rows, parameters: parameters, arena: arena)
    }
    let y = below(layers.count, rows: rows, arena: arena)
    var features = arena.mutableMatrix(output, rows: rows)
    for field in 0..<fields {
      var block = features.columns(field * attention.width..<(field + 1) * attention.width)
      transpose(y.columns(field * rows..<(field + 1) * rows), into: &block)
    }
  }

  /// Computes the output of one layer.
  private func forward(
    _ index: Int, rows: Int, parameters: borrowing Buffer, arena: borrowing Arena
  ) {
    let layer = layers[index]
    var projections = arena.mutableMatrix(layer.projection, rows: layer.projection.rows)
    var projection = projections.columns(0..<fields * rows)
    multiply(
      transposed: parameters.matrix(layer.weight), below(index, rows: rows, arena: arena),
      into: &projection)
    var kept = arena.mutableMatrix(layer.probabilities, rows: layer.probabilities.rows)
    var probabilities = kept.columns(0..<rows)
    var outputs = arena.mutableMatrix(layer.output, rows: layer.output.rows)
    var y = outputs.columns(0..<fields * rows)
    attention.forward(projection.view, probabilities: &probabilities, into: &y)
  }

  /// What a layer sees, `[p, F·B]`; for the number of layers, the last one's output.
  @_lifetime(borrow arena)
  func below(_ index: Int, rows: Int, arena: borrowing Arena) -> Matrix {
    let slot = index == 0 ? input : layers[index - 1].output
    return arena.matrix(slot, rows: slot.rows).columns(0..<fields * rows)
  }
}
