internal import Experiments
internal import Training

/// What a rank tells of a training: its course on standard error, its end on standard output.
struct TrainingReport {
  private let console: Console
  private let run: String
  private let isQuiet: Bool
  private var progress: ProgressReporter
  private var checkpoints = CheckpointReport()
  private var times: StepTimes?
  private let began = ContinuousClock.now

  /// Begins a report.
  ///
  /// - Parameters:
  ///   - run: The directory of the run, as it was named.
  ///   - console: Where it goes.
  ///   - isQuiet: Whether no progress is told.
  ///   - notesTimes: Whether the times of steps are wanted.
  init(of run: String, on console: Console, isQuiet: Bool, notesTimes: Bool) {
    self.console = console
    self.run = run
    self.isQuiet = isQuiet
    progress = .standard(console, quiet: isQuiet)
    times = notesTimes ? StepTimes() : nil
  }

  /// Tells of an event.
  mutating func note(_ event: TrainingEvent) {
    switch event {
    case .resumed(let found): console.note(ResumptionReport.text(found))
    case .stepped(let moment):
      progress.report(moment)
      let elapsed = ContinuousClock.now - began
      times?.note(moment, at: elapsed)
    case .evaluated, .stageBegan: break
    case .saved(let cost):
      checkpoints.note(cost)
      times?.noteCheckpoint()
    case .began(let assignment): progress.reportBeginning(of: assignment)
    case .ended(let assignment): progress.reportEnd(of: assignment)
    case .idled(let idle): progress.report(idle)
    case .memoryNotShared(let part, let reason):
      progress.finish()
      console.note(consequence(ofNotSharing: part) + ": \(reason)\n")
    case .finished(let result):
      progress.finish()
      if !isQuiet { console.note(PhaseSummary.line(result) + "\n") }
    }
  }

  private func consequence(ofNotSharing part: SharedPart) -> String {
    switch part {
    case .tables:
      "each rank keeps the tables for itself, which takes more time and memory; give /dev/shm room "
        + "for them"
    case .gradients:
      "ranks send one another gradients, all or some of them, which takes more time; give /dev/shm "
        + "room for them"
    }
  }

  /// Tells of the end: of the results, or without them, that the training was asked to stop.
  mutating func end(_ results: RunResults?) throws {
    progress.finish()
    if !isQuiet { console.note(checkpoints.text) }
    if let results {
      try console.print(PhaseSummary.table(results.phases))
      try console.print("\(run): parameters \(results.parametersSHA256)")
    } else {
      console.note("stopped, as was asked for; to go on: moe-mlora train --resume \(run)\n")
    }
  }

  /// Writes the times of steps to a file, if they are wanted.
  func write(timesOfSteps path: String) throws { try times?.write(to: path) }
}
