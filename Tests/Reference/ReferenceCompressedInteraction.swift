/// The logit of a compressed interaction network for every row, as the specification writes it.
///
/// Layer `k` has `maps[k]` maps: `Z[(f, h), c] = X^0[f, c] X^{k-1}[h, c]`, `O = ReLU(Φ_kᵀ Z + φ_k)`.
/// The tensors are `cin.<k>.weight`, `cin.<k>.bias`, `cin.output.weight` and `cin.output.bias`.
public func referenceCompressedInteraction(
  _ x: Table, fields: Int, width: Int, maps: [Int], parameters: ReferenceParameters
) -> [Double] {
  let weights = parameters["cin.output.weight"].elements
  let layers = maps.indices.map {
    (parameters["cin.\($0).weight"], parameters["cin.\($0).bias"].elements)
  }
  return (0..<x.rows).map { row in
    var sums = [Double](repeating: 0, count: weights.count)
    for column in 0..<width {
      let embeddings = (0..<fields).map { x[row, $0 * width + column] }
      var hidden = embeddings
      var output = 0
      for (index, (weight, bias)) in layers.enumerated() {
        let values = referenceMaps(embeddings, hidden, weight: weight, bias: bias)
        let hiddenCount = index == maps.count - 1 ? 0 : maps[index] / 2
        for value in values[hiddenCount...] {
          sums[output] += value
          output += 1
        }
        hidden = Array(values[..<hiddenCount])
      }
    }
    return zip(sums, weights).reduce(parameters["cin.output.bias"][0, 0]) { $0 + $1.0 * $1.1 }
  }
}

/// The maps of one layer at one column of the embeddings.
private func referenceMaps(
  _ embeddings: [Double], _ hidden: [Double], weight: Table, bias: [Double]
) -> [Double] {
  var values = bias
  for (field, factor) in embeddings.enumerated() {
    for (index, map) in hidden.enumerated() {
      let product = factor * map
      for unit in values.indices {
        values[unit] += product * weight[field * hidden.count + index, unit]
      }
    }
  }
  return values.map { max(0, $0) }
}
