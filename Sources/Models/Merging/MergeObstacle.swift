/// Why no tower of its own computes what a model does for a domain.
public enum MergeObstacle: Hashable, Sendable {
  /// The gate that mixes the experts sees the sample.
  case gateOfFeatures
  /// The network mixes the outputs of experts by the sample.
  case expertsOfFeatures
}

extension ModelConfiguration {
  /// Why ``Model/merged(_:domain:)`` cannot be asked for; `nil` if it can.
  public var mergeObstacle: MergeObstacle? {
    switch backbone {
    case .mmoe, .ple: .expertsOfFeatures
    case .sharedBottom, .star, .mlp, .wdl, .deepfm, .nfm, .pnn, .dcn, .autoint, .xdeepfm, .fibinet:
      adaptation.mixesExperts && gate.input == .features ? .gateOfFeatures : nil
    }
  }

  /// The model without parts per domain that a domain's merged parameters are of.
  ///
  /// What a multi-domain network reads are embeddings as they are, so that a domain's part of it is
  /// an ``BackboneKind/mlp``.
  public var merged: ModelConfiguration {
    var configuration = self
    configuration.backbone = backbone.isMultiDomain ? .mlp : builtBackbone
    configuration.adaptation = .none
    configuration.experts = nil
    configuration.gate = GateConfiguration()
    return configuration
  }
}
