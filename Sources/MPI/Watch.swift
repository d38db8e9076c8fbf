internal import Synchronization

/// What this rank is doing: noted by the thread that calls MPI, read by that of the ``Watchdog``.
///
/// A note costs two stores and no clock: the watchdog looks several times within its limit, and a
/// state that has not changed between two looks has lasted at least so long.
enum Watch {
  /// Where the name of the routine begins that this rank is in; zero outside MPI.
  private static let routine = Atomic<UInt>(0)
  /// How often the routine has changed.
  private static let changes = Atomic<UInt>(0)
  /// What the routine is called for.
  private static let activity = Mutex("start")
  /// The step of the activity; negative before the first.
  private static let step = Atomic<Int>(-1)
  /// Whether waits may take any time.
  private static let isPatient = Atomic<Bool>(false)
  /// Whether there is nothing to watch any more.
  private static let closed = Atomic<Bool>(false)

  /// Notes that a routine is about to be called.
  static func enter(_ name: StaticString) {
    precondition(name.hasPointerRepresentation, "a routine's name of one character")
    // Sound: only the address is kept.
    set(UInt(bitPattern: unsafe name.utf8Start))
  }

  /// Notes that the routine has returned.
  static func leave() { set(0) }

  private static func set(_ address: UInt) {
    routine.store(address, ordering: .relaxed)
    // No addition in one piece, which would cost more: a single thread counts.
    changes.store(changes.load(ordering: .relaxed) &+ 1, ordering: .releasing)
  }

  /// Notes what is done from now on, and that it has taken no step.
  static func note(_ name: String) {
    activity.withLock { $0 = name }
    step.store(-1, ordering: .relaxed)
  }

  /// Notes the step that is taken.
  static func note(step number: Int) { step.store(number, ordering: .relaxed) }

  /// Notes whether waits may take any time; returns what was noted before.
  static func exchange(isPatient value: Bool) -> Bool {
    isPatient.exchange(value, ordering: .relaxed)
  }
}

// MARK: - Reading

extension Watch {
  /// Notes that there is nothing to watch any more.
  static func close() { closed.store(true, ordering: .relaxed) }

  /// Whether there is nothing to watch any more.
  static var isClosed: Bool { closed.load(ordering: .relaxed) }

  /// A state that can be told from later ones, and whether it may last.
  struct State: Equatable {
    let changes: UInt
    let isPatient: Bool
    /// Where the routine's name begins; zero outside MPI.
    fileprivate let address: UInt

    /// Whether the rank is in a routine of MPI.
    var isInside: Bool { address != 0 }

    /// The routine's name; empty outside MPI.
    var routine: String {
      // Sound: the address of a literal, which ends with a zero and lasts as long as the process.
      guard let name = unsafe UnsafePointer<CChar>(bitPattern: address) else { return "" }
      return unsafe String(cString: name)
    }
  }

  /// The state at this moment.
  static var state: State {
    State(
      changes: changes.load(ordering: .acquiring),
      isPatient: isPatient.load(ordering: .relaxed), address: routine.load(ordering: .relaxed))
  }

  /// What the rank does, for a message, for example `backbone, step 17`.
  static var activityText: String {
    let number = step.load(ordering: .relaxed)
    return activity.withLock { $0 } + (number < 0 ? "" : ", step \(number)")
  }
}
