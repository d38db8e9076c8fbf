import Checkpoints
import Files

/// A directory of checkpoints that is not in the run's own: it may be another run's.
struct CheckpointPlace {
  private static let lockName = "run.lock"

  let folder: CheckpointFolder

  /// The directory that a configuration names; `nil` if it names none.
  init?(_ configuration: RunConfiguration) {
    let directory = configuration.training.checkpoint.directory
    guard !directory.isEmpty else { return nil }
    folder = CheckpointFolder(path: directory)
  }

  private var lockPath: String { "\(folder.path)/\(CheckpointPlace.lockName)" }

  /// Throws if a run cannot write there; changes nothing.
  ///
  /// - Parameters:
  ///   - isNew: whether the run is a new one, which replaces nothing.
  ///   - run: the path of the run's directory.
  /// - Throws: ``ExperimentError`` with the reason.
  func check(isNew: Bool, for run: String) throws(ExperimentError) {
    guard !RunDirectory.isPath(folder.path, atOrBelow: run) else {
      throw .unusableCheckpointDirectory(
        path: folder.path, reason: "it is in the run's own directory, which has a place for them")
    }
    if !isNew { try checkIsThere() }
    do {
      try checkIsWritable()
    } catch {
      throw .unusableCheckpointDirectory(path: folder.path, reason: error.reason)
    }
    guard !RunLock.isHeld(lockPath) else { throw .checkpointsInUse(path: folder.path) }
    if isNew { try checkIsEmpty() }
  }

  /// Throws if there is nothing, as when it has been moved, or a directory that no run has used, as when its device is not
  /// there: a run makes the directory, and the file in it whose lock it takes, before its first checkpoint.
  func checkIsThere() throws(ExperimentError) {
    guard !isAnything(at: lockPath) else { return }
    let isThere = leadsSomewhere(folder.path)
    // What else is wrong with it is told where it is listed or written to.
    if isThere, (try? namesInDirectory(folder.path)) == nil { return }
    throw .missingCheckpointDirectory(
      path: folder.path,
      found: isThere ? "no \(CheckpointPlace.lockName) in it" : "nothing")
  }

  /// Takes the directory for as long as the value lives, and makes it if there is none.
  func take(isNew: Bool) throws(ExperimentError) -> RunLock {
    let lock: RunLock?
    do {
      try makeDirectory(folder.path)
      try SystemFiles().synchronizeDirectory("\(folder.path)/..")
      lock = try RunLock(lockPath)
    } catch {
      throw .unusableCheckpointDirectory(path: folder.path, reason: error.reason)
    }
    guard let lock else { throw .checkpointsInUse(path: folder.path) }
    // Another run may have been there since it was looked at.
    if isNew { try checkIsEmpty() }
    return lock
  }

  private func checkIsWritable() throws(SystemCallError) {
    do throws(SystemCallError) {
      try checkDirectoryIsWritable(of: lockPath)
    } catch {
      guard error.isMissing, kindOfNonregularFile(at: folder.path) == nil else { throw error }
      // It is made then.
      try checkDirectoryIsWritable(of: folder.path)
    }
  }

  private func checkIsEmpty() throws(ExperimentError) {
    let entries: [String]
    do {
      entries = isAnything(at: folder.path) ? try namesInDirectory(folder.path) : []
    } catch {
      throw .unlistable(path: folder.path, reason: error.reason)
    }
    if let entry = entries.sorted().first(where: { $0 != CheckpointPlace.lockName }) {
      throw .occupied(path: folder.path, entry: entry)
    }
  }
}
