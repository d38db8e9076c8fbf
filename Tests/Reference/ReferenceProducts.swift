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

/// The cross layers, `x_{j+1} = x_0 (x_j · k_j) + q_j + x_j`.
public func referenceCross(_ x: Table, layers: Int, parameters: ReferenceParameters) -> Table {
  var y = x
  for layer in 0..<layers {
    let dots = y.times(parameters["cross.\(layer).weight"])
    let bias = parameters["cross.\(layer).bias"]
    for row in 0..<x.rows {
      for column in 0..<x.columns {
        y[row, column] += x[row, column] * dots[row, 0] + bias[0, column]
      }
    }
  }
  return y
}

/// Bilinear products of all pairs, of fields weighed by importance and as they are, pair by pair.
public func referenceBilinear(
  _ x: Table, fields: Int, width: Int, parameters: ReferenceParameters
) -> Table {
  let weighed = referenceImportance(x, fields: fields, width: width, parameters: parameters)
  let pairs = referencePairs(fields)
  var y = Table(rows: x.rows, columns: 2 * pairs.count * width)
  for (branch, (name, input)) in [("senet", weighed), ("raw", x)].enumerated() {
    for (pair, (i, j)) in pairs.enumerated() {
      let matrix = parameters["bilinear.\(name).\(pair)"]
      for row in 0..<x.rows {
        for column in 0..<width {
          let sum = (0..<width).reduce(0) { $0 + input[row, i * width + $1] * matrix[$1, column] }
          y[row, (2 * pair + branch) * width + column] = sum * input[row, j * width + column]
        }
      }
    }
  }
  return y
}

/// Fields weighed by `a = ReLU(ReLU(ζ S_1) S_2)`, with `ζ` the means of the fields.
private func referenceImportance(
  _ x: Table, fields: Int, width: Int, parameters: ReferenceParameters
) -> Table {
  var means = Table(rows: x.rows, columns: fields)
  for row in 0..<x.rows {
    for field in 0..<fields {
      means[row, field] =
        (0..<width).reduce(0) { $0 + x[row, field * width + $1] } / Double(width)
    }
  }
  let hidden = means.times(parameters["senet.squeeze"]).rectified
  let importances = hidden.times(parameters["senet.excite"]).rectified
  var y = x
  for row in 0..<x.rows {
    for column in 0..<x.columns { y[row, column] *= importances[row, column / width] }
  }
  return y
}

extension Table {
  /// The elements where they are positive, and zero elsewhere.
  var rectified: Table {
    Table(rows: rows, columns: columns, elements.map { max(0, $0) })
  }
}

/// The pairs of fields, (0, 1), (0, 2), …, (1, 2), ….
func referencePairs(_ fields: Int) -> [(Int, Int)] {
  (0..<fields).flatMap { i in (i + 1..<max(i + 1, fields)).map { (i, $0) } }
}
