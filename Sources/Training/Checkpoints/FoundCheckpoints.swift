public import Checkpoints
import FoundationEssentials
public import MPI

/// The checkpoints from which an interrupted training goes on: of each task the newest valid one.
public struct FoundCheckpoints: Hashable, Codable, Sendable {
  /// One that is gone on from.
  public struct Found: Hashable, Codable, Sendable {
    /// Its name.
    public var name: CheckpointName
    /// What its manifest says the run is.
    public var identity: CheckpointIdentity
    /// Of a task that has ended, the settings that it ended with and that are others now: `key=value`.
    public var formerSettings: [String] = []
  }

  /// Something that is there and is not gone on from.
  public struct Skipped: Hashable, Codable, Sendable {
    /// Its path.
    public var path: String
    /// The checkpoint that it should be; `nil` for what a writer that was ended left.
    public var name: CheckpointName?
    /// Why, in one line; `nil` for what a writer that was ended left, which has been removed.
    public var reason: String?
  }

  /// The checkpoints, one for each task that has any.
  public private(set) var checkpoints: [Found] = []
  /// What was passed over, in the order in which it was found.
  public private(set) var skipped: [Skipped] = []

  /// Looks for checkpoints on the first rank, which reads all bytes of those it takes; all ranks call it.
  ///
  /// - Parameters:
  ///   - folder: where they are; nobody writes any there.
  ///   - domains: how many the model has.
  ///   - world: the ranks.
  /// - Throws: ``TrainingError/checkpoint(_:)`` on the first rank if leftovers cannot be removed, or a checkpoint is
  ///   there that cannot be read, and may be a good one.
  public init(
    in folder: CheckpointFolder, domains: Int, on world: Communicator
  ) throws(TrainingError) {
    if world.rank == 0 {
      do throws(CheckpointError) {
        try look(in: folder, domains: domains)
      } catch {
        throw .checkpoint(error)
      }
    }
    var text = Array((try? JSONEncoder().encode(self)) ?? Data())
    // The first rank may have read for long.
    try Runtime.whereLongWaits(areExpected: true) { () throws(TrainingError) in
      try communicating { () throws(MPIError) in try world.broadcast(&text) }
    }
    guard let found = try? JSONDecoder().decode(FoundCheckpoints.self, from: Data(text)) else {
      preconditionFailure("what was encoded on rank 0 is decoded on all")
    }
    self = found
  }

  private mutating func look(in folder: CheckpointFolder, domains: Int) throws(CheckpointError) {
    for path in try folder.leftovers {
      do throws(CheckpointError) {
        try folder.removeLeftover(path)
        skipped.append(Skipped(path: path, reason: nil))
      } catch {
        // What somebody else has put there is left to whoever did, unless the training would come to it.
        guard error.hidesContents, CheckpointFolder.isRemoved(path) else { throw error }
        skipped.append(Skipped(path: path, reason: error.description))
      }
    }
    var found: Set<String> = []
    for name in try folder.names where !found.contains(name.task) {
      do throws(CheckpointError) {
        try folder.checkIsOwn(name)
        let manifest = try FoundCheckpoints.read(name, in: folder, domains: domains)
        found.insert(name.task)
        checkpoints.append(Found(name: name, identity: manifest.identity))
      } catch {
        // The training would come to the same step, and replace what may be a good one.
        guard !error.hidesContents else { throw error }
        skipped.append(
          Skipped(path: folder.path(of: name), name: name, reason: error.description))
      }
    }
  }

  /// Passes over and removes the checkpoints of what was trained on something that has not ended: what comes of that now
  /// may be something else, and then nothing would tell.
  ///
  /// All ranks call it before they train; the first one removes.
  ///
  /// - Parameters:
  ///   - order: the tasks, by name; each depends on all in the elements before its own.
  ///   - folder: where the checkpoints are.
  ///   - world: the ranks.
  /// - Throws: ``TrainingError/checkpoint(_:)`` on the first rank if one cannot be removed.
  public mutating func passOverDependents(
    in order: [[String]], in folder: CheckpointFolder, on world: Communicator
  ) throws(TrainingError) {
    let ended = Set(checkpoints.map(\.name).filter { $0.progress == .finished }.map(\.task))
    guard let first = order.firstIndex(where: { !ended.isSuperset(of: $0) }) else { return }
    let later = Set(order.dropFirst(first + 1).joined())
    let tasks = order[first].filter { !ended.contains($0) }.joined(separator: ", ")
    for found in checkpoints where later.contains(found.name.task) {
      let reason = "removed: of what is trained on \(tasks), which has not ended"
      skipped.append(Skipped(path: folder.path(of: found.name), name: found.name, reason: reason))
    }
    checkpoints.removeAll { later.contains($0.name.task) }
    guard world.rank == 0 else { return }
    do throws(CheckpointError) {
      for name in try folder.names where later.contains(name.task) { try folder.remove(name) }
    } catch {
      throw .checkpoint(error)
    }
  }

  /// Notes the settings that tasks have ended with and that are others now: what has ended has ended.
  ///
  /// - Parameter difference: the settings of a phase in a checkpoint's manifest that differ from the run's.
  public mutating func noteFormerSettings(
    _ difference: (_ phase: TrainingPhase, CheckpointIdentity) -> [String]
  ) {
    for index in checkpoints.indices where checkpoints[index].name.progress == .finished {
      let phase = TrainingPhase(rawValue: checkpoints[index].name.task) ?? .experts
      checkpoints[index].formerSettings = difference(phase, checkpoints[index].identity)
    }
  }

  /// Reads the manifest of a checkpoint that a training would go on from, after all of it has been checked.
  ///
  /// - Parameters:
  ///   - name: the checkpoint.
  ///   - folder: where it is.
  /// - Returns: what every manifest says.
  /// - Throws: ``Checkpoints/CheckpointError`` naming the first file or key that is not as it should be.
  public static func manifest(
    of name: CheckpointName, in folder: CheckpointFolder
  ) throws(CheckpointError) -> CheckpointManifest {
    try read(name, in: folder, domains: nil).task.checkpoint
  }

  /// Reads the manifest of a checkpoint of a model with so many domains, if that is known, and checks all of it.
  private static func read(
    _ name: CheckpointName, in folder: CheckpointFolder, domains: Int?
  ) throws(CheckpointError) -> FoundManifest {
    let manifest = try folder.manifest(of: name, as: FoundManifest.self)
    let path = "\(folder.path(of: name))/manifest.json"
    try manifest.check(path, domains: domains)
    try check(manifest.task, of: name, path)
    return manifest
  }

  /// Throws unless a manifest is of the task, and of as many steps, as the checkpoint's name says.
  private static func check(
    _ manifest: TaskManifest, of name: CheckpointName, _ path: String
  ) throws(CheckpointError) {
    let checkpoint = manifest.checkpoint
    let task = CheckpointName.task(ofPhase: checkpoint.phase, expert: checkpoint.expert)
    let found = CheckpointName(
      task, checkpoint.isFinished ? .finished : .steps(manifest.state.steps))
    guard found == name else {
      throw .unexpected(
        file: path, key: "task", expected: name.text,
        found: found.text)
    }
  }
}
