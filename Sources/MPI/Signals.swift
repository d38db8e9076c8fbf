internal import Glibc

/// The signal by which a launcher ends a rank, `SIGTERM`, in the hands of one thread.
enum Signals {
  /// Keeps the signal from the calling thread, and from those that it makes.
  static func block() { change(SIG_BLOCK) }

  /// Lets the calling thread have the signal again.
  static func unblock() { change(SIG_UNBLOCK) }

  /// Waits for the signal, which is blocked, at most so long; returns whether it came.
  static func wait(_ duration: Duration) -> Bool {
    let (seconds, attoseconds) = duration.components
    var limit = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    var signals = set
    // Sound: the values are read during the call alone; who sent the signal does not matter.
    return unsafe sigtimedwait(&signals, nil, &limit) == SIGTERM
  }

  /// Ends the process by the signal.
  static func die() -> Never {
    unblock()
    kill(getpid(), SIGTERM)
    // Where something else handles the signal, the launcher still wants the process to end.
    sleep(1)
    _exit(128 + SIGTERM)
  }

  private static func change(_ how: Int32) {
    var signals = set
    // Sound: the set is read during the call alone.
    unsafe pthread_sigmask(how, &signals, nil)
  }

  private static var set: sigset_t {
    var signals = sigset_t()
    // Sound: the set is written during the calls alone.
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGTERM)
    return signals
  }
}
