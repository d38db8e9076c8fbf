extension BackboneKind {
  /// The backbone of this name; what a multi-domain network reads are embeddings as they are, as `mlp` does.
  var type: any Backbone.Type {
    switch self {
    case .mlp, .sharedBottom, .mmoe, .ple, .star: MLP.self
    case .wdl: WDL.self
    case .deepfm: DeepFM.self
    case .nfm: NFM.self
    case .pnn: PNN.self
    case .dcn: DCN.self
    case .autoint: AutoInt.self
    case .xdeepfm: XDeepFM.self
    case .fibinet: FiBiNET.self
    }
  }
}
