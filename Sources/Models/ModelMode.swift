import Layers

/// What the forward pass computes; an input of the pass, never a flag left on a model.
///
/// - Source: MoE-MLoRA, arXiv 2506.07563: one mode for each phase of training.
public enum ModelMode: Hashable, Sendable {
  /// The backbone alone.
  case backbone
  /// The backbone and one expert, for every row.
  case expert(Int)
  /// The backbone and the adapter of the row's domain (MLoRA).
  case domainAdapters
  /// The backbone and all experts, weighted by the gate.
  case gated

  var selection: AdapterSelection {
    switch self {
    case .backbone: .none
    case .expert(let expert): .one(expert)
    case .domainAdapters: .byDomain
    case .gated: .mixture
    }
  }

  /// The mode of a fully trained model.
  public static func served(_ adaptation: Adaptation) -> ModelMode {
    switch adaptation {
    case .none: .backbone
    case .mlora: .domainAdapters
    case .moe, .compat: .gated
    }
  }
}
