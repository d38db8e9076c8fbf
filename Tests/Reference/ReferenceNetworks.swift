import Kernels

// Networks with parts per domain, as their papers write them: every domain's part is computed for all
// rows, and each row takes that of its own domain.

/// What networks with parts per domain are made of.
struct ReferenceNetworks {
  let hidden: [Int]
  let parameters: ReferenceParameters
  let rows: ReferenceRows

  /// Shared-Bottom: the logit of every row.
  func sharedBottom(_ x: Table) -> [Double] {
    let widths = Array(hidden.dropLast())
    let h = stack(x, "bottom", widths: widths, firstWord: 0)
    return heads(rows.domains.map { _ in h }, firstWord: words(widths))
  }

  /// MMoE without experts per domain, PLE with some: the logit of every row.
  func gatedExperts(_ x: Table, shared: Int, perDomain: Int) -> [Double] {
    let widths = Array(hidden.dropLast())
    let mixtures = (0..<domainCount).map { domain in
      let names =
        (0..<shared).map { "experts.\($0)" }
        + (0..<perDomain).map { "domains.\(domain).experts.\($0)" }
      let outputs = names.enumerated().map {
        stack(x, $1, widths: widths, firstWord: $0 * words(widths))
      }
      return mix(outputs, by: referenceSoftmax(x.times(parameters["domains.\(domain).gate"])))
    }
    return heads(
      rows.domains.map { mixtures[$0] }, firstWord: (shared + perDomain) * words(widths))
  }

  /// STAR: the logit of every row.
  func star(_ x: Table) -> [Double] {
    var y = x
    for (row, domain) in rows.domains.enumerated() {
      let own = "norm.domains.\(domain)"
      func value(_ name: String, _ column: Int) -> Double { parameters[name][0, column] }
      for i in 0..<x.columns {
        let normalised =
          (x[row, i] - value("\(own).mean", i)) / (value("\(own).variance", i) + 1e-3).squareRoot()
        y[row, i] =
          value("norm.scale", i) * value("\(own).scale", i) * normalised
          + value("norm.shift", i) + value("\(own).shift", i)
      }
    }
    for layer in hidden.indices { y = starLayer(y, "star.\(layer)") }
    let z = y.times(parameters["head.weight"])
    return (0..<z.rows).map { z[$0, 0] + parameters["head.bias"][0, 0] }
  }

  private func starLayer(_ x: Table, _ name: String) -> Table {
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

  private var domainCount: Int { (rows.domains.max() ?? -1) + 1 }

  private func words(_ widths: [Int]) -> Int {
    widths.reduce(0) { $0 + DropoutMask.wordCount(width: $1) }
  }

  private func stack(_ x: Table, _ name: String, widths: [Int], firstWord: Int) -> Table {
    var (hidden, word) = (x, firstWord)
    for (index, width) in widths.enumerated() {
      hidden = referenceDense(
        hidden, layer: "\(name).\(index)", adapters: [], weights: nil, parameters: parameters,
        rows: rows, firstWord: word)
      word += DropoutMask.wordCount(width: width)
    }
    return hidden
  }

  private func mix(_ outputs: [Table], by g: Table) -> Table {
    var mixture = Table(rows: g.rows, columns: outputs[0].columns)
    for (expert, output) in outputs.enumerated() {
      for row in 0..<g.rows {
        for unit in 0..<output.columns { mixture[row, unit] += g[row, expert] * output[row, unit] }
      }
    }
    return mixture
  }

  /// The logit of every row, whose domain's tower reads `inputs[row]`.
  private func heads(_ inputs: [Table], firstWord: Int) -> [Double] {
    rows.domains.enumerated().map { row, domain in
      let name = "domains.\(domain)"
      let s = stack(
        inputs[row], "\(name).tower", widths: hidden.suffix(1), firstWord: firstWord)
      let z = s.times(parameters["\(name).head.weight"])
      return z[row, 0] + parameters["\(name).head.bias"][0, 0]
    }
  }
}
