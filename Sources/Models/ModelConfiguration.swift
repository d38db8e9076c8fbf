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
  /// The number of experts, `E`; `nil` means one per domain, and ``sharedExperts`` in MMoE and PLE.
  public var experts: Int?
  /// The experts of each domain in PLE, beside the shared ones.
  public var domainExperts = 1
  /// The gate.
  public var gate = GateConfiguration()

  /// The defaults: WDL with one expert per domain, at the reference's MovieLens sizes.
  public init() {}
}

extension ModelConfiguration {
  /// The backbone that is built: under ``Adaptation/compat`` the published code's mistake for xDeepFM.
  public var builtBackbone: BackboneKind {
    adaptation == .compat && backbone == .xdeepfm ? .deepfm : backbone
  }

  /// The experts of MMoE, and the shared ones of PLE, unless ``experts`` says otherwise.
  public static let sharedExperts = 4

  /// The number of experts for a number of domains.
  public func expertCount(domains: Int) -> Int {
    experts ?? (backbone.isMultiDomain ? ModelConfiguration.sharedExperts : domains)
  }
}
