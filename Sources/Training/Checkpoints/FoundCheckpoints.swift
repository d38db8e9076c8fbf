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
  ///   - isOfSameBuild: whether a checkpoint was written by this build, for whose checkpoints the rules are; throws if its
  ///     run is another one, which ends the search.
  /// - Throws: on the first rank what that throws, and ``TrainingError/checkpoint(_:)`` if something is there that cannot
  ///   be read, or is of another build, and may be a good checkpoint, or is none and in the way of one.
  public init(
    in folder: CheckpointFolder, of rules: CheckpointRules, on world: Communicator,
    isOfSameBuild: (CheckpointName, CheckpointIdentity) throws(TrainingError) -> Bool
  ) throws(TrainingError) {
    if world.rank == 0 {
      try readingCheckpoints { () throws(CheckpointError) in try lookForLeftovers(in: folder) }
      try look(in: folder, rules, isOfSameBuild)
      passOverDependents(rules, in: folder)
      try readingCheckpoints { () throws(CheckpointError) in
        try checkUnneeded(in: folder, of: rules)
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

  private mutating func lookForLeftovers(in folder: CheckpointFolder) throws(CheckpointError) {
    for path in try folder.leftovers {
      let reason = try FoundCheckpoints.reasonToLeave(path, in: folder)
      skipped.append(Skipped(path: path, reason: reason))
    }
  }

  /// Why a leftover is left to whoever has put something into it; `nil` if it is removed.
  ///
  /// - Throws: Why it cannot be removed, if the training would come to it.
  private static func reasonToLeave(
    _ path: String, in folder: CheckpointFolder
  ) throws(CheckpointError) -> String? {
    do throws(CheckpointError) {
      try folder.checkLeftoverIsOwn(path)
      return nil
    } catch {
      guard error.hidesContents, folder.isOutOfTheWay(path) else { throw error }
      return error.description
    }
  }

  /// Why no training would go on beside what a writer or remover has left; `nil` if it would.
  public static func fault(
    ofLeftover path: String, in folder: CheckpointFolder
  ) -> CheckpointError? {
    do throws(CheckpointError) {
      _ = try reasonToLeave(path, in: folder)
      return nil
    } catch {
      return error
    }
  }

  private mutating func look(
    in folder: CheckpointFolder, _ rules: CheckpointRules,
    _ isOfSameBuild: (CheckpointName, CheckpointIdentity) throws(TrainingError) -> Bool
  ) throws(TrainingError) {
    var found: Set<String> = []
    let names = try readingCheckpoints { () throws(CheckpointError) in try folder.names }
    for name in names where !found.contains(name.task) {
      let compared = try unlessNotValid(name, in: folder) { () throws(CheckpointError) in
        try folder.checkIsOwn(name)
        let text = try folder.manifest(of: name)
        try FoundCheckpoints.checkName(name, text)
        return (text: text, identity: try text.members(as: CheckpointIdentity.self))
      }
      guard let (text, identity) = compared else { continue }
      // Another build may have other rules, and say other things.
      let passesOver = try isOfSameBuild(name, identity)
      let checkpoint = try unlessNotValid(
        name, in: folder, passesOver: passesOver
      ) { () throws(CheckpointError) in
        try text.members(as: FoundManifest.self).check(of: name, in: folder, rules)
        return Found(name: name, identity: identity)
      }
      guard let checkpoint else { continue }
      found.insert(name.task)
      checkpoints.append(checkpoint)
    }
  }

  /// Looks at a checkpoint; passes it over, and returns `nil`, if it is not valid and nothing may be hidden in it.
  private mutating func unlessNotValid<Result>(
    _ name: CheckpointName, in folder: CheckpointFolder, passesOver: Bool = true,
    _ body: () throws(CheckpointError) -> Result
  ) throws(TrainingError) -> Result? {
    do throws(CheckpointError) {
      return try body()
    } catch {
      // The training would come to the same step, and replace what may be a good one.
      guard passesOver, !error.hidesContents else { throw .checkpoint(error) }
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
        "it is of what is trained on \(unended.joined(separator: ", ")), which has not ended; it is removed"
      skipped.append(Skipped(path: folder.path(of: found.name), name: found.name, reason: reason))
    }
    checkpoints.removeAll { tasks.contains($0.name.task) }
  }

  /// The tasks that have ended.
  private var ended: Set<String> {
    Set(checkpoints.map(\.name).filter { $0.progress == .finished }.map(\.task))
  }

  /// The checkpoints of what was trained on something that has not ended, those that were not looked at among them.
  private func dependents(
    in folder: CheckpointFolder, of rules: CheckpointRules
  ) throws(CheckpointError) -> [CheckpointName] {
    let tasks = rules.dependents(ofAllBut: ended)?.tasks ?? []
    return try folder.names.filter { tasks.contains($0.task) }
  }

  /// Throws if something that is to be removed cannot be, as it has something that is none of this program's.
  private func checkUnneeded(
    in folder: CheckpointFolder, of rules: CheckpointRules
  ) throws(CheckpointError) {
    for name in try dependents(in: folder, of: rules) { try folder.checkIsRemovable(name) }
  }

  /// Removes, on the first rank, what no training goes on from and what would be in this one's way: leftovers, and the
  /// checkpoints of what was trained on something that has not ended.
  ///
  /// - Parameters: as those that were looked for; all ranks call it before they train.
  /// - Throws: ``TrainingError/checkpoint(_:)`` on the first rank if something cannot be removed.
  public func removeUnneeded(
    in folder: CheckpointFolder, of rules: CheckpointRules, on world: Communicator
  ) throws(TrainingError) {
    if world.rank == 0 {
      try readingCheckpoints { () throws(CheckpointError) in
        for leftover in skipped where leftover.reason == nil {
          try folder.removeLeftover(leftover.path)
        }
        for name in try dependents(in: folder, of: rules) { try folder.remove(name) }
      }
    }
    // Much may have to be removed.
    try Runtime.whereLongWaits(areExpected: true) { () throws(TrainingError) in
      try communicating { () throws(MPIError) in try world.barrier() }
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

  /// By what a checkpoint can be judged.
  ///
  /// Not `Sendable`, as rules are not.
  public enum Scrutiny {
    /// Its bytes, and its name: another build wrote it.
    case bytes
    /// Those, and all of its manifest.
    case manifest
    /// Those, and what follows from its run.
    case rules(CheckpointRules)
  }

  /// Reads the manifest of a checkpoint that a training would go on from, after all of it has been checked that can be.
  ///
  /// - Parameters:
  ///   - name: the checkpoint.
  ///   - folder: where it is.
  ///   - scrutiny: by what it can be judged; throws if it is of another run.
  /// - Returns: what every manifest says, and whether it has been compared with its run.
  /// - Throws: ``Checkpoints/CheckpointError`` naming the first file or key that is not as it should be.
  public static func manifest(
    of name: CheckpointName, in folder: CheckpointFolder,
    scrutiny: (CheckpointName, CheckpointIdentity) throws(CheckpointError) -> Scrutiny
  ) throws(CheckpointError) -> (manifest: CheckpointManifest, isCompared: Bool) {
    let text = try folder.manifest(of: name)
    try checkName(name, text)
    let rules: CheckpointRules?
    switch try scrutiny(name, try text.members(as: CheckpointIdentity.self)) {
    case .bytes: return (text.common, false)
    case .manifest: rules = nil
    case .rules(let known): rules = known
    }
    try text.members(as: FoundManifest.self).check(of: name, in: folder, rules)
    return (text.common, rules != nil)
  }

  /// Throws unless a manifest, be it of another build, is of the task and the steps of the checkpoint's name.
  ///
  /// After a power failure a name may be that of another checkpoint, whose bytes have been written over it.
  private static func checkName(
    _ name: CheckpointName, _ text: ManifestText
  ) throws(CheckpointError) {
    /// What it is asked for beside what all have: another build may say other things.
    struct Steps: Decodable {
      let state: State

      struct State: Decodable {
        let steps: Int
      }
    }
    let (common, steps) = (text.common, try? text.members(as: Steps.self).state.steps)
    let progress: CheckpointName.Progress
    if common.isFinished {
      progress = .finished
    } else if let steps {
      progress = .steps(steps)
    } else {
      progress = name.progress == .finished ? .steps(common.step) : name.progress
    }
    let task = CheckpointName.task(ofPhase: common.phase, expert: common.expert)
    let found = CheckpointName(task, progress)
    guard found == name else {
      throw .unexpected(file: text.path, key: "task", expected: name.text, found: found.text)
    }
  }
}
