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
    public var identity: CheckpointKeeper.Identity
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
        // What somebody else has put there is left to whoever did.
        guard error.hidesContents else { throw error }
        skipped.append(Skipped(path: path, reason: error.description))
      }
    }
    var found: Set<String> = []
    for name in try folder.names where !found.contains(name.task) {
      do throws(CheckpointError) {
        let manifest = try FoundCheckpoints.manifest(of: name, in: folder, domains: domains)
        found.insert(name.task)
        let identity = CheckpointKeeper.Identity(
          configuration: manifest.configuration, dataset: manifest.dataset, build: manifest.build)
        checkpoints.append(Found(name: name, identity: identity))
      } catch {
        // The training would come to the same step, and replace what may be a good one.
        guard !error.hidesContents else { throw error }
        skipped.append(
          Skipped(path: folder.path(of: name), name: name, reason: error.description))
      }
    }
  }

  /// Passes over checkpoints of what was trained on parameters that will not be there again.
  ///
  /// What has not ended is trained again; in another way, it may come to others.
  ///
  /// - Parameters:
  ///   - order: the tasks, by name; each depends on all in the elements before its own.
  ///   - folder: where the checkpoints are.
  ///   - isSame: whether the run is now as a checkpoint's manifest says, without exceptions.
  public mutating func passOverDependents(
    in order: [[String]], in folder: CheckpointFolder,
    unless isSame: (CheckpointKeeper.Identity) -> Bool
  ) {
    let ended = Set(checkpoints.map(\.name).filter { $0.progress == .finished }.map(\.task))
    let first = order.firstIndex { !ended.isSuperset(of: $0) } ?? order.endIndex
    let later = Set(order.dropFirst(first + 1).joined())
    for found in checkpoints where later.contains(found.name.task) && !isSame(found.identity) {
      let path = folder.path(of: found.name)
      skipped.append(
        Skipped(
          path: path, name: found.name,
          reason:
            "\(path): of what is trained on \(order[first].joined(separator: ", ")), which begins anew with "
            + "another configuration or build"))
      checkpoints.removeAll { $0.name == found.name }
    }
  }

  /// Notes the settings that tasks have ended with and that are others now: what has ended has ended.
  ///
  /// - Parameter difference: the settings of a phase in a checkpoint's manifest that differ from the run's.
  public mutating func noteFormerSettings(
    _ difference: (_ phase: TrainingPhase, CheckpointKeeper.Identity) -> [String]
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
  ///   - domains: how many the model has; `nil` if that is not known.
  /// - Returns: what every manifest says.
  /// - Throws: ``Checkpoints/CheckpointError`` naming the first file or key that is not as it should be.
  public static func manifest(
    of name: CheckpointName, in folder: CheckpointFolder, domains: Int? = nil
  ) throws(CheckpointError) -> CheckpointManifest {
    let manifest = try folder.manifest(of: name, as: TaskManifest.self)
    let path = "\(folder.path(of: name))/manifest.json"
    try manifest.check(path, domains: domains)
    try check(manifest, of: name, path)
    return manifest.checkpoint
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
