public import Kernels
import Glibc

// The layers as the specification writes them, one row and one unit at a time.

/// What a layer needs to know of its rows besides their values.
public struct ReferenceRows: Sendable {
  /// The domain of each row.
  public var domains: [Int]
  /// The sample of each row.
  public var samples: [Int]
  /// Which units are dropped.
  public var dropout: DropoutMask?

  /// Describes rows.
  public init(domains: [Int], samples: [Int], dropout: DropoutMask? = nil) {
    self.domains = domains
    self.samples = samples
    self.dropout = dropout
  }

  /// The number of rows.
  public var count: Int { domains.count }

  /// The factor of a unit: zero where it is dropped.
  func factor(row: Int, unit: Int, width: Int, firstWord: Int) -> Double {
    guard let dropout else { return 1 }
    let keeps = dropout.keeps(
      unit: unit, width: width, rowKey: dropout.rowKey(sample: samples[row]), firstWord: firstWord)
    return keeps ? Double(dropout.scale) : 0
  }
}

/// A tower layer: without weights `Dropout(ReLU(x W + b))`, with them
/// `ReLU(Dropout(x W + b) + Σ_i g_i ((x down_i) up_i + bias_i))`.
///
/// `weights` is `[B, E]`, one column per name of `adapters`.
public func referenceDense(
  _ x: Table, layer: String, adapters: [String], weights: Table?,
  parameters: ReferenceParameters, rows: ReferenceRows, firstWord: Int
) -> Table {
  let bias = parameters["\(layer).bias"]
  var y = x.times(parameters["\(layer).weight"])
  for row in 0..<y.rows {
    for unit in 0..<y.columns {
      let factor = rows.factor(row: row, unit: unit, width: y.columns, firstWord: firstWord)
      let value = y[row, unit] + bias[0, unit]
      y[row, unit] = weights == nil ? factor * max(0, value) : factor * value
    }
  }
  guard let weights else { return y }
  for (index, name) in adapters.enumerated() {
    let adapter = "\(layer).\(name)"
    let update = x.times(parameters["\(adapter).down"]).times(parameters["\(adapter).up"])
    let bias = parameters["\(adapter).bias"]
    for row in 0..<y.rows {
      for unit in 0..<y.columns {
        y[row, unit] += weights[row, index] * (update[row, unit] + bias[0, unit])
      }
    }
  }
  for index in y.elements.indices { y.elements[index] = max(0, y.elements[index]) }
  return y
}

/// The gate that sees the domain alone, `softmax(G_e[m] G_W + G_b)`, for every row.
public func referenceDomainGate(domains: [Int], parameters: ReferenceParameters) -> Table {
  let logits = parameters["gate.embedding"].times(parameters["gate.weight"])
  let bias = parameters["gate.bias"]
  var g = Table(rows: domains.count, columns: bias.columns)
  for row in 0..<g.rows {
    for expert in 0..<g.columns { g[row, expert] = logits[domains[row], expert] + bias[0, expert] }
  }
  return referenceSoftmax(g)
}

/// The gate that sees the sample, `softmax(x W + T[m])`, for every row.
public func referenceFeatureGate(
  _ x: Table, domains: [Int], parameters: ReferenceParameters
) -> Table {
  let table = parameters["gate.domainLogits"]
  var g = x.times(parameters["gate.weight"])
  for row in 0..<g.rows {
    for expert in 0..<g.columns { g[row, expert] += table[domains[row], expert] }
  }
  return referenceSoftmax(g)
}

/// The softmax of every row.
public func referenceSoftmax(_ x: Table) -> Table {
  var y = x
  for row in 0..<x.rows {
    let values = (0..<x.columns).map { x[row, $0] }
    let largest = values.max() ?? 0
    let sum = values.reduce(0) { $0 + exp($1 - largest) }
    for column in 0..<x.columns { y[row, column] = exp(values[column] - largest) / sum }
  }
  return y
}

/// The cross-entropy `log(1 + exp z) - y z` of a logit.
public func referenceCrossEntropy(logit z: Double, label y: Double) -> Double {
  max(z, 0) - y * z + log1p(exp(-abs(z)))
}
