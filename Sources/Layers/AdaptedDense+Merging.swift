public import Kernels

extension AdaptedDense {
  /// Writes the layer without adapters that computes the same where adapters have these weights.
  ///
  /// `W' = W + Σ_i g_i (down_i · up_i)` and `b' = b + Σ_i g_i bias_i`, with one `g_i` for each of
  /// ``adapters``: without dropout, `x · W' + b'` is what the base and the mixture add up to.
  ///
  /// - Complexity: O(I·O·E·R).
  public func merge(
    weights g: [Float], parameters: borrowing Buffer, into layer: PlainLayer,
    of target: inout Buffer
  ) {
    precondition(g.count == adapters.count, "\(g.count) weights of \(adapters.count) adapters")
    let base = parameters.matrix(weight)
    var sum = RowSum(count: weight.columns)
    for row in 0..<base.rows {
      sum.start(base[row: row])
      for (adapter, weight) in zip(adapters, g) where weight != 0 {
        adapter.addWeights(ofInput: row, times: Double(weight), parameters: parameters, to: &sum)
      }
      var merged = target.mutableMatrix(layer.weight)
      var values = merged[row: row]
      sum.write(into: &values)
    }
    sum.start(parameters.span(bias))
    for (adapter, weight) in zip(adapters, g) where weight != 0 {
      sum.add(Double(weight), times: parameters.span(adapter.bias))
    }
    var biases = target.mutableSpan(layer.bias)
    sum.write(into: &biases)
  }
}
