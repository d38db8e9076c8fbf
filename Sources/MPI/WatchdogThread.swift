internal import COpenMPI

/// What the thread of a ``Watchdog`` does.
final class WatchdogThread: Sendable {
  /// What is watched beside signals, if anything is.
  private let watchdog: Watchdog?
  private let rank = Runtime.announcedRank
  private let size = Runtime.announcedSize

  /// A state, and since when it has been seen.
  fileprivate struct Observation {
    var state: Watch.State
    var start: ContinuousClock.Instant
    /// When the thread looked last.
    var last: ContinuousClock.Instant
    /// For how long nothing in the process ran, before ``resumption``.
    private var pause = Duration.zero
    /// When the process ran again after a pause.
    private var resumption: ContinuousClock.Instant

    init() {
      state = Watch.state
      start = .now
      last = start
      resumption = start
    }

    /// Looks again.
    ///
    /// A time in which this thread did not run is no time of the state's.
    mutating func update(interval: Duration) {
      let now = ContinuousClock.now
      let asleep = now - last - interval
      if asleep > .seconds(1) {
        pause = asleep
        resumption = now
        start += asleep
      }
      last = now
      let state = Watch.state
      guard state != self.state else { return }
      self.state = state
      start = now
    }

    /// How long the state has been seen.
    var age: Duration { last - start }

    /// For how long nothing in the process ran until a moment ago.
    var recentPause: Duration { last - resumption < .seconds(2) ? pause : .zero }
  }

  init(_ watchdog: Watchdog?) { self.watchdog = watchdog }

  /// Looks at the rank, and waits for signals, until it has ended, or has to be.
  func run() {
    guard let watchdog else { return wait() }
    var observation = Observation()
    while !Watch.isClosed {
      let signal = Signals.wait(watchdog.interval)
      observation.update(interval: watchdog.interval)
      if let signal, !(watchdog.findsWell(observation) && StopRequest.note()) {
        obey(signal, observation, watchdog)
      }
      let state = observation.state
      if state.isInside, !state.isPatient, observation.age >= watchdog.limit {
        end(observation, watchdog)
      }
    }
  }

  /// Waits for signals alone.
  private func wait() {
    while !Watch.isClosed {
      if let signal = Signals.wait(.seconds(1)), !StopRequest.note() { Signals.die(by: signal) }
    }
  }

  /// Ends this rank as its launcher asks; tells first if others may have waited for it.
  private func obey(_ signal: Int32, _ observation: Observation, _ watchdog: Watchdog) -> Never {
    let (state, half) = (observation.state, watchdog.limit / 2)
    if observation.recentPause >= half {
      // A launcher has ranks that are stopped continue, and then asks them to end.
      report("was stopped, or got no processor, for \(seconds(observation.recentPause))")
    } else if observation.age >= half, !state.isPatient {
      let age = seconds(observation.age)
      report(state.isInside ? "waited \(age) in \(state.routine)" : "was outside MPI for \(age)")
    }
    Signals.die(by: signal)
  }

  /// Ends the job, when the other ranks have had time to tell what they wait in.
  private func end(_ observation: Observation, _ watchdog: Watchdog) -> Never {
    report("has waited \(seconds(observation.age)) in \(observation.state.routine)")
    // One after another, so that one rank ends the job, and is the only one to tell the remedy, unless
    // the end takes long to come to the others, as it does where a rank was stopped.
    let turn = Duration.milliseconds(1_000 + 200 * min(rank, 10))
    if let signal = Signals.wait(turn) { Signals.die(by: signal) }
    System.report("\(System.programName): error on \(place): \(watchdog.remedy)")
    copenmpi_flush()
    // Open MPI takes this from any thread: it hands the request to one of its own.
    if Runtime.isRunning { unsafe MPI_Abort(copenmpi_comm_world(), watchdog.exitCode) }
    System.exitAtOnce(watchdog.exitCode)
  }

  private func report(_ what: String) {
    System.report("\(System.programName): stalled: \(place) \(what) (\(Watch.activityText))")
  }

  private func seconds(_ duration: Duration) -> String { "\(duration.components.seconds) s" }

  private var place: String { "rank \(rank) of \(size) (\(System.hostName))" }
}

extension Watchdog {
  /// Whether others cannot have waited for a rank, nor it for them.
  fileprivate func findsWell(_ observation: WatchdogThread.Observation) -> Bool {
    let half = limit / 2
    return observation.recentPause < half && (observation.age < half || observation.state.isPatient)
  }
}
