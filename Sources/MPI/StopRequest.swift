internal import Synchronization

/// Whether this process has been asked to stop at the next good moment.
///
/// A process whose ``Runtime/run(threads:watchdog:takesStopRequests:exitCode:patience:_:)`` takes requests and that
/// accepts them takes the first `SIGTERM`, `SIGINT` or `SIGUSR1` for one. A second signal ends it at once, as any
/// of them ends a process that does not accept.
public enum StopRequest: Sendable {
  private static let isAccepted = Atomic<Bool>(false)
  private static let isAskedByRank = Atomic<Bool>(false)
  private static let signals = Atomic<Int>(0)

  /// Accepts requests from now on.
  public static func accept() { isAccepted.store(true, ordering: .sequentiallyConsistent) }

  /// Accepts none any more.
  public static func refuse() { isAccepted.store(false, ordering: .sequentiallyConsistent) }

  /// Whether this process has been asked.
  public static var isAsked: Bool {
    isAskedByRank.load(ordering: .relaxed) || signals.load(ordering: .relaxed) > 0
  }

  /// Asks this process, as another rank has been asked; its own first signal is no second one.
  public static func ask() { isAskedByRank.store(true, ordering: .relaxed) }

  /// Notes a signal; returns whether it is a request, and not to end the process at once.
  static func note() -> Bool {
    guard isAccepted.load(ordering: .sequentiallyConsistent) else { return false }
    return signals.add(1, ordering: .relaxed).oldValue == 0
  }
}
