/// A phase of training; phases follow one another in this order.
///
/// Under ``Models/Adaptation/compat`` they are stages of the published code, each of which trains everything
/// but the gate, on the same rows as the phase.
public enum TrainingPhase: String, CaseIterable, Codable, Sendable {
  /// Embeddings, wide part, interactions, tower and head, on all domains (with `mlora`, the adapters too).
  case backbone
  /// Each expert by itself, on its domain.
  case experts
  /// The gate, on all domains.
  case gate
}

extension TrainingPhase {
  /// The position among phases, which tells their random streams apart.
  var index: Int {
    switch self {
    case .backbone: 0
    case .experts: 1
    case .gate: 2
    }
  }
}
