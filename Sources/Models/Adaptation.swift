/// What is added to the backbone to tell domains apart.
public enum Adaptation: String, CaseIterable, Codable, Sendable {
  /// Nothing.
  case none
  /// One adapter per domain, trained jointly with the backbone (MLoRA).
  case mlora
  /// Experts trained one by one on their domain and mixed by a gate (MoE-MLoRA).
  case moe
  /// What the published code of MoE-MLoRA trains: backbone and all experts at once, mixed by a gate
  /// that keeps its random start, without dropout; and DeepFM under the name of xDeepFM. Batches, their
  /// order and initial values are this package's own.
  case compat
}

extension Adaptation {
  /// Whether a gate mixes experts.
  var mixesExperts: Bool { self == .moe || self == .compat }
}
