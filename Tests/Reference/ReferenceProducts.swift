// Interactions of fields as the specification writes them. A row of `x` holds `fields` vectors side by
// side.

/// The term of a factorisation machine of every row, `½ Σ_k [(Σ_f e_fk)² - Σ_f e_fk²]`.
public func referenceFactorisation(_ x: Table, fields: Int, width: Int) -> [Double] {
  let sums = referenceBiInteraction(x, fields: fields, width: width)
  return (0..<x.rows).map { row in (0..<sums.columns).reduce(0) { $0 + sums[row, $1] } }
}

/// Bi-interaction, `½ [(Σ_f e_f)² - Σ_f e_f²]`.
public func referenceBiInteraction(_ x: Table, fields: Int, width: Int) -> Table {
  var y = Table(rows: x.rows, columns: width)
  for row in 0..<x.rows {
    for k in 0..<width {
      let values = (0..<fields).map { x[row, $0 * width + k] }
      let sum = values.reduce(0, +)
      y[row, k] = (sum * sum - values.reduce(0) { $0 + $1 * $1 }) / 2
    }
  }
  return y
}

/// `x` and behind it the inner products of all pairs of fields.
public func referenceInnerProducts(_ x: Table, fields: Int, width: Int) -> Table {
  let pairs = referencePairs(fields)
  var y = Table(rows: x.rows, columns: x.columns + pairs.count)
  for row in 0..<x.rows {
    for column in 0..<x.columns { y[row, column] = x[row, column] }
    for (pair, (i, j)) in pairs.enumerated() {
      for k in 0..<width {
        y[row, x.columns + pair] += x[row, i * width + k] * x[row, j * width + k]
      }
    }
  }
  return y
}

/// The pairs of fields, (0, 1), (0, 2), …, (1, 2), ….
func referencePairs(_ fields: Int) -> [(Int, Int)] {
  (0..<fields).flatMap { i in (i + 1..<max(i + 1, fields)).map { (i, $0) } }
}
