import Kernels

/// What a deep network reads.
struct DeepInput: Sendable {
  /// The concatenated embeddings, `[B, F·K]`.
  let embeddings: FeatureSlots
  /// The tower's input, `[B, n]`: the embeddings themselves, or what a backbone makes of them.
  let tower: FeatureSlots
  /// What stands before the tower's output in the head.
  let head: FeatureSlots?
}
