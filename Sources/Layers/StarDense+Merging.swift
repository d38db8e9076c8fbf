public import Kernels

extension StarDense {
  /// Writes a domain's layer by itself: `W' = W ⊙ W_m` and `b' = b + b_m`.
  public func merge(
    domain: Int, parameters: borrowing Buffer, arena: borrowing Arena, into layer: PlainLayer,
    of target: inout Buffer
  ) {
    formWeights(ofDomain: domain, parameters: parameters, arena: arena)
    let weights = arena.matrix(effective, rows: effective.rows)
    for row in 0..<weights.rows {
      var merged = target.mutableMatrix(layer.weight)
      var values = merged[row: row]
      copy(weights[row: row], into: &values)
    }
    var biases = target.mutableSpan(layer.bias)
    copy(arena.matrix(effectiveBias, rows: 1)[row: 0], into: &biases)
  }
}
