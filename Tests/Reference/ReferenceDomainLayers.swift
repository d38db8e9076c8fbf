import Kernels

/// The layers of networks with parts per domain, as their papers write them.
///
/// Every domain's part is computed for all rows, and each row takes that of its own domain.
public struct ReferenceDomainLayers: Sendable {
  private let parameters: ReferenceParameters
  private let rows: ReferenceRows

  /// Describes the layers with these tensors, for these rows.
  public init(_ parameters: ReferenceParameters, rows: ReferenceRows) {
    self.parameters = parameters
    self.rows = rows
  }

  /// The words of a row's dropout mask that layers of these widths use.
  public static func words(_ widths: [Int]) -> Int {
    widths.reduce(0) { $0 + DropoutMask.wordCount(width: $1) }
  }

  /// Dense layers on top of each other, `Dropout(ReLU(x W + b))`, named `name.0`, `name.1`, ….
  public func stack(_ x: Table, _ name: String, widths: [Int], firstWord: Int) -> Table {
    var (hidden, word) = (x, firstWord)
    for (index, width) in widths.enumerated() {
      hidden = referenceDense(
        hidden, layer: "\(name).\(index)", adapters: [], weights: nil, parameters: parameters,
        rows: rows, firstWord: word)
      word += DropoutMask.wordCount(width: width)
    }
    return hidden
  }

  /// The logit of every row by its domain's tower and head.
  public func heads(_ x: Table, widths: [Int], firstWord: Int) -> Table {
    ofOwnDomain(columns: 1) { domain in
      let name = "domains.\(domain)"
      var z = stack(x, "\(name).tower", widths: widths, firstWord: firstWord)
        .times(parameters["\(name).head.weight"])
      for row in 0..<z.rows { z[row, 0] += parameters["\(name).head.bias"][0, 0] }
      return z
    }
  }

  /// The experts' outputs mixed by `softmax(x W_m)`; `experts` are the outputs of a domain's experts.
  public func mixture(_ x: Table, columns: Int, experts: (_ domain: Int) -> [Table]) -> Table {
    ofOwnDomain(columns: columns) { domain in
      let g = referenceSoftmax(x.times(parameters["domains.\(domain).gate"]))
      var mixture = Table(rows: x.rows, columns: columns)
      for (expert, output) in experts(domain).enumerated() {
        for row in 0..<x.rows {
          for unit in 0..<columns { mixture[row, unit] += g[row, expert] * output[row, unit] }
        }
      }
      return mixture
    }
  }

  /// The normalisation by the domain's moving averages, divided by their share of what they follow.
  public func norm(_ x: Table) -> Table {
    var y = x
    let (scale, shift) = (parameters["norm.scale"], parameters["norm.shift"])
    for (row, domain) in rows.domains.enumerated() {
      func own(_ name: String, _ column: Int) -> Double {
        parameters["norm.domains.\(domain).\(name)"][0, column]
      }
      let share = own("share", 0)
      for i in 0..<x.columns {
        let mean = share > 0 ? own("mean", i) / share : 0
        let variance = share > 0 ? own("variance", i) / share : 1
        let normalised = (x[row, i] - mean) / (variance + 1e-3).squareRoot()
        y[row, i] = scale[0, i] * own("scale", i) * normalised + shift[0, i] + own("shift", i)
      }
    }
    return y
  }

  /// A layer with shared weights times the domain's, `ReLU(x (W ⊙ W_m) + b + b_m)`.
  public func star(_ x: Table, _ name: String) -> Table {
    let (weight, bias) = (parameters["\(name).weight"], parameters["\(name).bias"])
    var y = Table(rows: x.rows, columns: weight.columns)
    for (row, domain) in rows.domains.enumerated() {
      let ownWeight = parameters["\(name).domains.\(domain).weight"]
      let ownBias = parameters["\(name).domains.\(domain).bias"]
      for o in 0..<weight.columns {
        let sum = (0..<x.columns).reduce(bias[0, o] + ownBias[0, o]) {
          $0 + x[row, $1] * weight[$1, o] * ownWeight[$1, o]
        }
        y[row, o] = max(0, sum)
      }
    }
    return y
  }

  /// Takes each row from what its own domain makes of all rows.
  private func ofOwnDomain(columns: Int, _ part: (_ domain: Int) -> Table) -> Table {
    var result = Table(rows: rows.count, columns: columns)
    for domain in Set(rows.domains).sorted() {
      let values = part(domain)
      for row in 0..<rows.count where rows.domains[row] == domain {
        for column in 0..<columns { result[row, column] = values[row, column] }
      }
    }
    return result
  }
}
