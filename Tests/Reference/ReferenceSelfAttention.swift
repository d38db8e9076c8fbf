/// The features of interacting layers for every row, as the specification writes them.
///
/// A layer: `Q, K, V, R = Y W_Q, Y W_K, Y W_V, Y W_R`, per head `O = softmax_rows(Q Kᵀ) V`, and
/// `ReLU([O_1; …; O_H] + R)`. The tensors are `attention.<j>.projection`, `W_Q | W_K | W_V | W_R`.
public func referenceSelfAttention(
  _ x: Table, fields: Int, width: Int, layers: Int, heads: Int, headWidth: Int,
  parameters: ReferenceParameters
) -> Table {
  var features = Table(rows: x.rows, columns: fields * heads * headWidth)
  for row in 0..<x.rows {
    let values = (0..<fields * width).map { x[row, $0] }
    var y = Table(rows: fields, columns: width, values)
    for layer in 0..<layers {
      y = referenceInteraction(
        y.times(parameters["attention.\(layer).projection"]), heads: heads, headWidth: headWidth)
    }
    for (column, value) in y.elements.enumerated() { features[row, column] = value }
  }
  return features
}

/// What one layer makes of the projections `[F, 4·H·W]` of a row.
private func referenceInteraction(_ projection: Table, heads: Int, headWidth: Int) -> Table {
  let (fields, width) = (projection.rows, heads * headWidth)
  func part(_ index: Int, _ head: Int) -> Table {
    let first = index * width + head * headWidth
    let values = (0..<fields).flatMap { field in
      (first..<first + headWidth).map { projection[field, $0] }
    }
    return Table(rows: fields, columns: headWidth, values)
  }
  var y = Table(rows: fields, columns: width)
  for head in 0..<heads {
    let scores = part(0, head).times(part(1, head).transposed)
    let output = referenceSoftmax(scores).times(part(2, head))
    let residual = part(3, head)
    for field in 0..<fields {
      for unit in 0..<headWidth {
        y[field, head * headWidth + unit] = max(0, output[field, unit] + residual[field, unit])
      }
    }
  }
  return y
}
