internal import Files

/// Tells other processes, as long as the value lives, that a run is being trained.
///
/// It is a lock on a file of the run, which the system gives back when the process ends, however that
/// comes. Where a file system has no locks nothing is told.
final class RunLock: Sendable {
  private let file: FileDescriptor

  /// Takes the lock of a run whose directory is there.
  ///
  /// - Throws: ``ExperimentError/beingTrained(path:)`` if it is held, or if its file cannot be made.
  init(taking run: RunDirectory) throws(ExperimentError) {
    let file: FileDescriptor
    do {
      file = try FileDescriptor(locking: run.lockPath)
    } catch {
      throw .failed(action: "create the run", path: run.path, reason: error.reason)
    }
    // A file system without locks refuses in its own way, and does not hinder a training.
    let isTaken = (try? file.lock()) ?? true
    guard isTaken else { throw .beingTrained(path: run.path) }
    self.file = file
  }

  /// Whether some process, this one included, holds the lock of a run.
  static func isHeld(of run: RunDirectory) -> Bool {
    guard kindOfNonregularFile(at: run.lockPath) == nil,
      let file = try? FileDescriptor(reading: run.lockPath)
    else { return false }
    return (try? file.lock(sharing: true)) == false
  }
}
