/// The CTR network all domains share.
public enum BackboneKind: String, CaseIterable, Codable, Sendable {
  /// The tower alone.
  case mlp
  /// Wide & Deep: the tower plus one weight per id.
  case wdl
}

/// What is added to the backbone to tell domains apart.
public enum Adaptation: String, CaseIterable, Codable, Sendable {
  /// Nothing.
  case none
  /// One adapter per domain, trained jointly with the backbone (MLoRA).
  case mlora
  /// Experts trained one by one on their domain and mixed by a gate (MoE-MLoRA).
  case moe
}

/// What the gate looks at.
public enum GateInput: String, CaseIterable, Codable, Sendable {
  /// The domain id, as in the reference: a learned table of mixtures.
  case domain
  /// The concatenated embeddings of the sample, plus a table of the domain.
  case features
}

/// Where the gate starts.
public enum GateInitialisation: String, CaseIterable, Codable, Sendable {
  /// Random, as in the reference: close to the uniform mixture.
  case random
  /// Choosing the domain's own experts, which hold ``GateConfiguration/ownDomainShare`` together.
  case ownDomain
}

/// The gate that mixes experts.
public struct GateConfiguration: Hashable, Codable, Sendable {
  /// What the gate looks at.
  public var input = GateInput.domain
  /// Where the gate starts.
  public var initialisation = GateInitialisation.random
  /// The weight the domain's own experts start with under ``GateInitialisation/ownDomain``.
  public static let ownDomainShare = 0.95

  /// The defaults.
  public init() {}
}

/// The size and kind of a model, apart from what its data says (``Features/Schema``).
public struct ModelConfiguration: Hashable, Codable, Sendable {
  /// The network all domains share.
  public var backbone = BackboneKind.wdl
  /// What tells domains apart.
  public var adaptation = Adaptation.moe
  /// The width of every field's embedding, `K`.
  public var embeddingWidth = 8
  /// The tower's layer widths.
  public var hidden = [256, 128, 64]
  /// The share of tower units dropped in training, in `0..<1`.
  public var dropout: Float = 0.5
  /// A layer of width `h` gets adapters of rank `max(1, h / adapterReduction)`.
  public var adapterReduction = 16
  /// The number of experts, `E`; `nil` means one per domain.
  public var experts: Int?
  /// The gate.
  public var gate = GateConfiguration()

  /// The defaults: WDL with one expert per domain, at the reference's MovieLens sizes.
  public init() {}
}

extension ModelConfiguration {
  /// The number of experts for a number of domains.
  public func expertCount(domains: Int) -> Int { experts ?? domains }
}
