public import Kernels

extension PartitionedNorm {
  /// Makes a layer that reads a domain's normalised inputs read the inputs themselves.
  ///
  /// The norm of a domain is `f ⊙ x + t`, with moving averages that stand still. So `W'` is `W` with
  /// row `i` scaled by `f_i`, and `b' = b + t · W`.
  public func merge(
    domain: Int, parameters: borrowing Buffer, arena: borrowing Arena,
    intoInputOf layer: PlainLayer, of target: inout Buffer
  ) {
    formFactors(ofDomain: domain, parameters: parameters, arena: arena)
    let views = arena.matrix(scratch, rows: 2)
    let (factors, terms) = (views[row: 0], views[row: 1])
    var sum = RowSum(count: layer.bias.columns)
    sum.start(target.span(layer.bias))
    for row in 0..<layer.weight.rows {
      sum.add(Double(terms[row]), times: target.matrix(layer.weight)[row: row])
    }
    var biases = target.mutableSpan(layer.bias)
    sum.write(into: &biases)
    for row in 0..<layer.weight.rows {
      sum.start(target.matrix(layer.weight)[row: row])
      var weights = target.mutableMatrix(layer.weight)
      var values = weights[row: row]
      sum.write(times: Double(factors[row]), into: &values)
    }
  }
}
