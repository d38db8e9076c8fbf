public import Checkpoints
import Dispatch
import MPI
import Synchronization

/// Writes the checkpoints of a run beside its training, and knows those it goes on from.
///
/// Each rank has one. What is written has been copied before, so that training goes on at once; at most one
/// checkpoint is being written at a time, and the next one waits for it. No message is sent: the rank that
/// publishes a checkpoint waits for the files of the others.
public final class CheckpointKeeper: Sendable {
  /// The checkpoints.
  let folder: CheckpointFolder
  let configuration: CheckpointConfiguration
  /// The checkpoints to go on from, by task.
  let found: [String: CheckpointName]
  /// Those that were passed over because they are not valid.
  private let damaged: Set<CheckpointName>
  /// How long files of other ranks are waited for.
  private let limit: Duration
  private let queue = DispatchQueue(label: "checkpoints")
  private let failure = Mutex<CheckpointError?>(nil)
  /// By name, the file that may be linked to instead of being written again.
  private let unchanged = Mutex<[String: UnchangedFile]>([:])
  /// What was encoded for the last manifest and is in the next one as well.
  private let repeated: Mutex<RepeatedMembers>

  /// A file of a checkpoint.
  private struct UnchangedFile {
    var checkpoint: CheckpointName
    var record: CheckpointFile
  }

  /// Prepares to write.
  ///
  /// - Parameters:
  ///   - folder: the checkpoints.
  ///   - configuration: when they are written, and how many are kept.
  ///   - identity: what every manifest says.
  ///   - found: the checkpoints to go on from.
  ///   - damaged: those that were passed over because they are not valid.
  ///   - stallTimeoutInSeconds: how long ranks wait for one another; 0 for ever.
  public init(
    _ folder: CheckpointFolder, _ configuration: CheckpointConfiguration,
    _ identity: CheckpointIdentity,
    goingOnFrom found: [CheckpointName] = [], passingOver damaged: [CheckpointName] = [],
    stallTimeoutInSeconds: Int
  ) {
    self.folder = folder
    self.configuration = configuration
    repeated = Mutex(RepeatedMembers(identity))
    self.found = Dictionary(found.map { ($0.task, $0) }) { first, _ in first }
    self.damaged = Set(damaged)
    limit = .seconds(stallTimeoutInSeconds == 0 ? 1_000_000_000 : stallTimeoutInSeconds)
  }

  /// Takes a snapshot's memory beside the training, so that its first checkpoint waits for no more than copying.
  func prepare(_ snapshot: Snapshot) {
    enqueue { () throws(CheckpointError) in snapshot.makeRoom() }
  }

  /// Writes a file of a checkpoint, when those before it have been written.
  func write(_ snapshot: Snapshot, to file: String, of name: CheckpointName) {
    enqueue { [folder] () throws(CheckpointError) in
      try folder.write(file, snapshot.template, of: snapshot.floats, for: name)
    }
  }

  /// Has a checkpoint get the file that the task's last one has, or, if what is in it is new or the file system
  /// refuses, writes it.
  func write(_ snapshot: Snapshot, isNew: Bool, to file: String, of name: CheckpointName) {
    enqueue { [self] () throws(CheckpointError) in
      let last = isNew ? nil : unchanged.withLock { $0[file] }
      let record: CheckpointFile
      if let last, try folder.link(last.record, of: last.checkpoint, for: name) {
        record = last.record
      } else {
        record = try folder.write(
          file, snapshot.template, of: snapshot.floats, for: name)
      }
      unchanged.withLock { $0[file] = UnchangedFile(checkpoint: name, record: record) }
    }
  }

  /// Publishes a checkpoint, when its files have been written, and sets aside or removes those that are not kept.
  ///
  /// `changing` are the files that are never linked to.
  func publish(
    _ name: CheckpointName, _ manifest: TaskManifest, files: [String], changing: [String]
  ) {
    let (keep, damaged, limit) = (configuration.keep, damaged, limit)
    enqueue { [self] () throws(CheckpointError) in
      let path = "\(folder.path(of: name))/manifest.json"
      let members = try repeated.withLock { (repeated) throws(CheckpointError) in
        try repeated.members(of: manifest, name.task, for: path)
      }
      try folder.publish(name, files: files, waitingUpTo: limit, members: members) { files in
        var checkpoint = manifest.checkpoint
        checkpoint.files = files
        return TaskManifest.Changing(checkpoint: checkpoint, state: manifest.state)
      }
      folder.retire(olderThan: name, keeping: keep, damaged: damaged, overwriting: changing)
    }
  }

  /// Removes what is kept for a task's next checkpoint: there will be none.
  func removeSpare(of task: String) {
    enqueue { [folder] () throws(CheckpointError) in try? folder.removeSpare(of: task) }
  }

  private func enqueue(_ body: @escaping @Sendable () throws(CheckpointError) -> Void) {
    let core = SharedCore()
    queue.async { [self] in
      core?.stay()
      // After a failure nothing is written any more: the training ends.
      guard failure.withLock({ $0 == nil }) else { return }
      do throws(CheckpointError) {
        try body()
      } catch {
        failure.withLock { $0 = error }
      }
    }
  }

  /// Waits until everything has been written.
  package func finish() throws(TrainingError) {
    queue.sync {}
    try check()
  }

  /// Throws if something could not be written.
  func check() throws(TrainingError) {
    if let error = failure.withLock({ $0 }) { throw .checkpoint(error) }
  }
}
