/// The CTR network all domains share, or a network with parts per domain to compare with.
///
/// The closed list of names: what a configuration says is built, and nothing else.
public enum BackboneKind: String, CaseIterable, Codable, Sendable {
  /// The tower alone.
  case mlp
  /// Wide & Deep: the tower and one weight per id.
  case wdl
  /// The tower, one weight per id, and a factorisation machine.
  case deepfm
  /// The tower on pooled interactions of the fields.
  case nfm
  /// The tower on embeddings and inner products of the fields.
  case pnn
  /// The tower beside cross layers.
  case dcn
  /// The tower beside layers of self-attention over the fields.
  case autoint
  /// The tower beside a compressed interaction network.
  case xdeepfm
  /// The tower on bilinear products of the fields, weighed by importance and not.
  case fibinet
  /// Layers shared by all domains, then a layer and a head per domain.
  case sharedBottom
  /// Experts shared by all domains, mixed by a gate per domain.
  case mmoe
  /// Shared experts and experts per domain, mixed by a gate per domain.
  case ple
  /// Weights shared by all domains times weights of the domain, behind a normalisation per domain.
  case star

  /// Whether the network itself has parts per domain: a baseline, which takes no adaptation.
  public var isMultiDomain: Bool {
    switch self {
    case .mlp, .wdl, .deepfm, .nfm, .pnn, .dcn, .autoint, .xdeepfm, .fibinet: false
    case .sharedBottom, .mmoe, .ple, .star: true
    }
  }

  /// The fewest layers of ``ModelConfiguration/hidden``: an expert is all of them but the last.
  public var minimumLayers: Int {
    switch self {
    case .mmoe, .ple: 2
    case .mlp, .wdl, .deepfm, .nfm, .pnn, .dcn, .autoint, .xdeepfm, .fibinet, .sharedBottom, .star:
      1
    }
  }

  /// The backbones that adaptations are for.
  public static let adaptable = allCases.filter { !$0.isMultiDomain }
}

extension BackboneKind {
  /// What is built, in one line: `x` are the concatenated embeddings, `lin` is one weight per id.
  public var summary: String {
    switch self {
    case .mlp: "tower(x)"
    case .wdl: "tower(x) + lin (Wide & Deep)"
    case .deepfm: "tower(x) + factorisation machine + lin"
    case .nfm: "tower(bi-interaction) + lin"
    case .pnn: "tower(x, inner products)"
    case .dcn: "[2 cross layers, tower(x)] + lin"
    case .autoint: "[3 layers of self-attention, tower(x)] + lin"
    case .xdeepfm: "tower(x) + compressed interaction network + lin"
    case .fibinet: "tower(bilinear products, weighed and not) + lin"
    case .sharedBottom: "shared layers, then a layer and a head per domain"
    case .mmoe: "shared experts, a gate, a layer and a head per domain"
    case .ple: "shared and own experts, a gate, a layer and a head per domain"
    case .star: "normalisation per domain, shared weights times the domain's"
    }
  }
}
