import Checkpoints

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
    if task != self.task { (self.task, evaluations) = (task, EncodedElements()) }
    precondition(records.count >= evaluations.count, "\(task) has lost evaluations")
    for record in records[evaluations.count...] { try evaluations.append(record, for: path) }
    return [identityMembers, evaluations.member(TaskManifest.CodingKeys.evaluations.stringValue)]
  }
}
