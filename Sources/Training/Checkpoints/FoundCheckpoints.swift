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
    /// Why, in one line; `nil` for what a writer that was ended left, which is removed.
    public var reason: String?
  }

  /// The checkpoints, one for each task that has any.
  public private(set) var checkpoints: [Found] = []
  /// What was passed over, in the order in which it was found.
  public private(set) var skipped: [Skipped] = []

  /// Looks for checkpoints on the first rank, which reads all bytes of those it takes; all ranks call it.
  ///
  /// Nothing is changed.
  ///
  /// - Parameters:
  ///   - folder: where they are; nobody writes any there.
  ///   - rules: what they can be of.
  ///   - world: the ranks.
  ///   - checkIdentity: throws if a checkpoint's run is another one, which ends the search: the rules are not its.
  /// - Throws: on the first rank what that throws, and ``TrainingError/checkpoint(_:)`` if something is there that cannot
  ///   be read, and may be a good checkpoint, or is none and in the way of one.
  public init(
    in folder: CheckpointFolder, of rules: CheckpointRules, on world: Communicator,
    checkIdentity: (CheckpointName, CheckpointIdentity) throws -> Void
  ) throws {
    if world.rank == 0 {
      do {
        try lookForLeftovers(in: folder)
        try look(in: folder, rules, checkIdentity)
      } catch let error as CheckpointError {
        throw TrainingError.checkpoint(error)
      }
      passOverDependents(rules, in: folder)
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

  private mutating func lookForLeftovers(in folder: CheckpointFolder) throws(CheckpointError) {
    for path in try folder.leftovers {
      do throws(CheckpointError) {
        try folder.checkLeftoverIsOwn(path)
        skipped.append(Skipped(path: path, reason: nil))
      } catch {
        // What somebody else has put there is left to whoever did, unless the training would come to it.
        guard error.hidesContents, CheckpointFolder.isRemoved(path) else { throw error }
        skipped.append(Skipped(path: path, reason: error.description))
      }
    }
  }

  private mutating func look(
    in folder: CheckpointFolder, _ rules: CheckpointRules,
    _ checkIdentity: (CheckpointName, CheckpointIdentity) throws -> Void
  ) throws {
    var found: Set<String> = []
    for name in try folder.names where !found.contains(name.task) {
      let manifest = try unlessNotValid(name, in: folder) { () throws(CheckpointError) in
        try folder.checkIsOwn(name)
        return try folder.manifest(of: name, as: FoundManifest.self)
      }
      guard let manifest else { continue }
      try checkIdentity(name, manifest.identity)
      let isValid: Void? = try unlessNotValid(name, in: folder) { () throws(CheckpointError) in
        try manifest.check(of: name, in: folder, rules)
      }
      guard isValid != nil else { continue }
      found.insert(name.task)
      checkpoints.append(Found(name: name, identity: manifest.identity))
    }
  }

  /// Looks at a checkpoint; passes it over, and returns `nil`, if it is not valid.
  private mutating func unlessNotValid<Result>(
    _ name: CheckpointName, in folder: CheckpointFolder,
    _ body: () throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result? {
    do throws(CheckpointError) {
      return try body()
    } catch {
      // The training would come to the same step, and replace what may be a good one.
      guard !error.hidesContents else { throw error }
      skipped.append(
        Skipped(path: folder.path(of: name), name: name, reason: error.description))
      return nil
    }
  }

  /// Passes over the checkpoints of what was trained on something that has not ended: what comes of that now may be
  /// something else, and then nothing would tell.
  package mutating func passOverDependents(_ rules: CheckpointRules, in folder: CheckpointFolder) {
    guard let (tasks, unended) = rules.dependents(ofAllBut: ended) else { return }
    for found in checkpoints where tasks.contains(found.name.task) {
      let reason =
        "removed: of what is trained on \(unended.joined(separator: ", ")), which has not ended"
      skipped.append(Skipped(path: folder.path(of: found.name), name: found.name, reason: reason))
    }
    checkpoints.removeAll { tasks.contains($0.name.task) }
  }

  /// The tasks that have ended.
  private var ended: Set<String> {
    Set(checkpoints.map(\.name).filter { $0.progress == .finished }.map(\.task))
  }

  /// Removes, on the first rank, what no training goes on from and what would be in this one's way: leftovers, and the
  /// checkpoints of what was trained on something that has not ended.
  ///
  /// - Parameters: as those that were looked for; all ranks call it before they train.
  /// - Throws: ``TrainingError/checkpoint(_:)`` on the first rank if something cannot be removed.
  public func removeUnneeded(
    in folder: CheckpointFolder, of rules: CheckpointRules, on world: Communicator
  ) throws(TrainingError) {
    guard world.rank == 0 else { return }
    do throws(CheckpointError) {
      for leftover in skipped where leftover.reason == nil {
        try folder.removeLeftover(leftover.path)
      }
      let tasks = rules.dependents(ofAllBut: ended)?.tasks ?? []
      for name in try folder.names where tasks.contains(name.task) { try folder.remove(name) }
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
  ///   - rules: what a checkpoint of its run can be of; `nil` if that is not known.
  /// - Returns: what every manifest says.
  /// - Throws: ``Checkpoints/CheckpointError`` naming the first file or key that is not as it should be.
  public static func manifest(
    of name: CheckpointName, in folder: CheckpointFolder,
    rules: (CheckpointIdentity) -> CheckpointRules?
  ) throws(CheckpointError) -> CheckpointManifest {
    let manifest = try folder.manifest(of: name, as: FoundManifest.self)
    try manifest.check(of: name, in: folder, rules(manifest.identity))
    return manifest.task.checkpoint
  }
}
