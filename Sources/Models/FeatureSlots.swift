import Kernels

/// Where features of every row lie in the arena, and where their gradient does.
struct FeatureSlots: Sendable {
  /// The features, `[B, n]`.
  let value: Slot
  /// Their gradient, `[B, n]`.
  let gradient: Slot
}
