/// Networks with parts per domain, as their papers write them.
struct ReferenceNetworks {
  private let hidden: [Int]
  private let parameters: ReferenceParameters
  private let layers: ReferenceDomainLayers

  init(hidden: [Int], parameters: ReferenceParameters, rows: ReferenceRows) {
    self.hidden = hidden
    self.parameters = parameters
    layers = ReferenceDomainLayers(parameters, rows: rows)
  }

  /// Shared-Bottom: the logit of every row.
  func sharedBottom(_ x: Table) -> [Double] {
    let widths = Array(hidden.dropLast())
    let h = layers.stack(x, "bottom", widths: widths, firstWord: 0)
    return heads(h, stacksBelow: 1)
  }

  /// MMoE without experts per domain, PLE with some: the logit of every row.
  func gatedExperts(_ x: Table, shared: Int, perDomain: Int) -> [Double] {
    let widths = Array(hidden.dropLast())
    let words = ReferenceDomainLayers.words(widths)
    let mixture = layers.mixture(x, columns: widths.last ?? x.columns) { domain in
      let names =
        (0..<shared).map { "experts.\($0)" }
        + (0..<perDomain).map { "domains.\(domain).experts.\($0)" }
      return names.enumerated().map {
        layers.stack(x, $1, widths: widths, firstWord: $0 * words)
      }
    }
    return heads(mixture, stacksBelow: shared + perDomain)
  }

  /// The logits of the domains' towers, above stacks of all layers but the last.
  private func heads(_ x: Table, stacksBelow stacks: Int) -> [Double] {
    layers.heads(
      x, widths: hidden.suffix(1),
      firstWord: stacks * ReferenceDomainLayers.words(hidden.dropLast())
    ).elements
  }

  /// STAR: the logit of every row.
  func star(_ x: Table) -> [Double] {
    let y = hidden.indices.reduce(layers.norm(x)) { layers.star($0, "star.\($1)") }
    let z = y.times(parameters["head.weight"])
    return (0..<z.rows).map { z[$0, 0] + parameters["head.bias"][0, 0] }
  }
}
