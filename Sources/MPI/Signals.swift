internal import Glibc
internal import Synchronization

/// The signals by which a process is asked to stop or end, in the hands of one thread.
///
/// No handler runs: the signals are kept from all threads, and one thread waits for them. Handlers that interrupted
/// steps left a damaged heap in 8 of 16 trainings that were asked to stop, however little they did; without any,
/// in none of 16.
enum Signals {
  /// Whether `SIGINT` and `SIGUSR1` are waited for, beside `SIGTERM`, by which a launcher ends a rank.
  private static let takesAll = Atomic<Bool>(false)

  /// Keeps the signals from the calling thread, and from those that it makes.
  static func block(all: Bool) {
    takesAll.store(all, ordering: .sequentiallyConsistent)
    change(SIG_BLOCK)
  }

  /// Lets the calling thread have the signals again.
  static func unblock() { change(SIG_UNBLOCK) }

  /// Waits for one of the signals, which are blocked, at most so long; returns it if it came.
  static func wait(_ duration: Duration) -> Int32? {
    let (seconds, attoseconds) = duration.components
    var limit = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    var signals = set
    // Sound: the values are read during the call alone; who sent the signal does not matter.
    let number = unsafe sigtimedwait(&signals, nil, &limit)
    return number > 0 ? number : nil
  }

  /// Ends the process by a signal.
  static func die(by number: Int32) -> Never {
    unblock()
    kill(getpid(), number)
    // Where something else handles the signal, the launcher still wants the process to end.
    sleep(1)
    _exit(128 + number)
  }

  private static func change(_ how: Int32) {
    var signals = set
    // Sound: the set is read during the call alone.
    unsafe pthread_sigmask(how, &signals, nil)
  }

  private static var set: sigset_t {
    var signals = sigset_t()
    let others = takesAll.load(ordering: .sequentiallyConsistent) ? [SIGINT, SIGUSR1] : []
    // Sound: the set is written during the calls alone.
    unsafe sigemptyset(&signals)
    for number in [SIGTERM] + others { unsafe sigaddset(&signals, number) }
    return signals
  }
}
