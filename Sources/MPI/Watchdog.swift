/// Ends a job whose ranks wait for one another for too long.
///
/// A thread of every rank looks at what the rank is doing. A rank that has been in the same call of a
/// routine of MPI for the limit says so in a line: the routine, since when, and what for. A second
/// later the job is ended on all ranks. A rank that MPI's routines waited for cannot know it, but is
/// asked to end like all, and then says that it was outside MPI or stopped, if it was so for half of
/// the limit. A rank that says nothing cannot be reached.
///
/// The limit is to be far above what a rank takes between two collectives, and above the time in
/// which the launcher finds a lost machine (11 seconds by `scripts/mpi-environment`): until then a
/// job that is ended may wait for that machine.
public struct Watchdog: Hashable, Sendable {
  /// How long a rank may be in one call of a routine.
  public var limit: Duration
  /// The exit code of a job that is ended, 1 to 255.
  public var exitCode: Int32
  /// What to do then, in the words of who sets the limit.
  public var remedy: String

  /// Creates a watchdog for ``Runtime/run(threads:watchdog:takesStopRequests:exitCode:patience:_:)``.
  ///
  /// - Parameters:
  ///   - limit: How long a rank may be in one call of a routine, above zero.
  ///   - exitCode: The exit code of a job that is ended, 1 to 255.
  ///   - remedy: What to do then.
  public init(limit: Duration, exitCode: Int32, remedy: String) {
    precondition(limit > .zero, "a limit of \(limit)")
    self.limit = limit
    self.exitCode = exitCode
    self.remedy = remedy
  }
}

extension Watchdog {
  /// How often the thread looks.
  var interval: Duration { min(.seconds(1), limit / 10) }

  /// Begins to watch this process.
  ///
  /// The signals by which ranks are asked to stop or end are left to the watchdog's thread from now on. To be
  /// called before other threads are made, which inherit that.
  ///
  /// - Parameters:
  ///   - watchdog: What is watched; `nil` to wait for signals alone.
  ///   - takesStopRequests: Whether `SIGINT` and `SIGUSR1` are left to the thread, too.
  static func start(_ watchdog: Watchdog?, takesStopRequests: Bool) {
    guard watchdog != nil || takesStopRequests else { return }
    Signals.block(all: takesStopRequests)
    let watch = WatchdogThread(watchdog)
    guard System.startThread({ watch.run() }) else {
      // Without a thread nobody would take the signals.
      return Signals.unblock()
    }
  }

  /// Ends watching, from the thread that began it.
  static func stop() {
    Watch.close()
    Signals.unblock()
  }
}
