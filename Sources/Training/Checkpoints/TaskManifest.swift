import Checkpoints

/// The contents of a checkpoint's `manifest.json`: what it is of, and what the rest of the task depends on.
struct TaskManifest: Decodable, Sendable {
  /// What it is of; its members are those of the JSON object itself.
  var checkpoint: CheckpointManifest
  /// What the rest of the task depends on beside tensors: the members `state` and, for its evaluations, `evaluations`.
  var state: TaskState

  enum CodingKeys: CodingKey { case state, evaluations }

  /// Puts the two together.
  init(_ checkpoint: CheckpointManifest, _ state: TaskState) {
    self.checkpoint = checkpoint
    self.state = state
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    checkpoint = try CheckpointManifest(from: decoder)
    state = try container.decode(TaskState.self, forKey: .state)
    state.outcome.records = try container.decode([EvaluationRecord].self, forKey: .evaluations)
  }

  /// The members that are others in each checkpoint of a task.
  struct Changing: Encodable {
    var checkpoint: CheckpointManifest
    var state: TaskState

    func encode(to encoder: any Encoder) throws {
      try checkpoint.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(state, forKey: .state)
    }
  }
}
