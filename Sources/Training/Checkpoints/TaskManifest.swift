import Checkpoints

/// The contents of a checkpoint's `manifest.json`: what it is of, and what the rest of the task depends on.
struct TaskManifest: Decodable, Sendable {
  /// What it is of; its members are those of the JSON object itself.
  var checkpoint: CheckpointManifest
  /// What the rest of the task depends on beside tensors: the members `state` and, for its evaluations, `evaluations`.
  var state: TaskState

  fileprivate enum CodingKeys: CodingKey { case state, evaluations }

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

/// The members that manifests of a run repeat, as text: the run's identity, and a task's evaluations, of which there are
/// ever more.
struct RepeatedMembers: Sendable {
  private let identity: CheckpointIdentity
  private var encodedIdentity: EncodedMembers?
  /// The task of the last manifest.
  private var task = ""
  /// Its evaluations.
  private var evaluations = EncodedElements()

  /// Begins with the identity of a run.
  init(_ identity: CheckpointIdentity) { self.identity = identity }

  /// The members of a task's next manifest; its evaluations are those of the last one, and others behind them.
  mutating func members(
    of manifest: TaskManifest, _ task: String, for path: String
  ) throws(CheckpointError) -> [EncodedMembers] {
    let identityMembers: EncodedMembers
    if let encodedIdentity {
      identityMembers = encodedIdentity
    } else {
      identityMembers = try EncodedMembers(of: identity, for: path)
      encodedIdentity = identityMembers
    }
    let records = manifest.state.outcome.records
    if task != self.task || records.count < evaluations.count {
      (self.task, evaluations) = (task, EncodedElements())
    }
    for record in records[evaluations.count...] { try evaluations.append(record, for: path) }
    return [identityMembers, evaluations.member(TaskManifest.CodingKeys.evaluations.stringValue)]
  }
}
