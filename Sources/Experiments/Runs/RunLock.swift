internal import Files

/// Tells other processes, as long as the value lives, that a run is being trained.
///
/// It is a lock on a file of the run, which the system gives back when the process ends, however that
/// comes. Where a file system has no locks nothing is told.
final class RunLock: Sendable {
  private let file: FileDescriptor

  /// Takes the lock of a run whose directory is there.
  ///
  /// - Throws: ``ExperimentError/beingTrained(path:)``, or ``ExperimentError/inUse(path:)`` for a run that is not new, if
  ///   it is held; ``ExperimentError/failed(action:path:reason:)`` if its file cannot be made.
  static func take(_ run: RunDirectory, isNew: Bool) throws(ExperimentError) -> RunLock {
    let lock: RunLock?
    do {
      lock = try RunLock(run.lockPath)
    } catch {
      throw .failed(action: "take the run's lock", path: run.path, reason: error.reason)
    }
    guard let lock else {
      throw isNew ? .beingTrained(path: run.path) : .inUse(path: run.path)
    }
    return lock
  }

  /// Takes the lock of a file, which is made if there is none; `nil` if it is held.
  init?(_ path: String) throws(SystemCallError) {
    let file = try FileDescriptor(locking: path)
    // A file system without locks refuses in its own way, and does not hinder a training.
    guard (try? file.lock()) ?? true else { return nil }
    self.file = file
  }

  /// Whether some process, this one included, holds the lock of a run.
  static func isHeld(of run: RunDirectory) -> Bool { isHeld(run.lockPath) }

  /// Whether some process, this one included, holds the lock of a file.
  static func isHeld(_ path: String) -> Bool {
    guard kindOfNonregularFile(at: path) == nil,
      let file = try? FileDescriptor(reading: path)
    else { return false }
    return (try? file.lock(sharing: true)) == false
  }
}
