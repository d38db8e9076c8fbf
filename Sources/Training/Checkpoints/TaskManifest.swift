import Checkpoints

/// The contents of a checkpoint's `manifest.json`: what it is of, and what the rest of the task depends on.
struct TaskManifest: Codable, Sendable {
  /// What it is of; its members are those of the JSON object itself.
  var checkpoint: CheckpointManifest
  /// What the rest of the task depends on beside tensors, the member `state`.
  var state: TaskState

  private enum CodingKeys: CodingKey { case state }

  /// Puts the two together.
  init(_ checkpoint: CheckpointManifest, _ state: TaskState) {
    self.checkpoint = checkpoint
    self.state = state
  }

  init(from decoder: any Decoder) throws {
    checkpoint = try CheckpointManifest(from: decoder)
    state = try decoder.container(keyedBy: CodingKeys.self).decode(TaskState.self, forKey: .state)
  }

  func encode(to encoder: any Encoder) throws {
    try checkpoint.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(state, forKey: .state)
  }
}
