public import Training

/// Shows how far a training has come: one line that is rewritten on a terminal, a line now and then
/// in a log, nothing where nothing is wanted.
///
/// The reporter takes its time from outside, so that its output depends on its input alone.
///
/// Not `Sendable`: it calls what it was given to tell the time and to write, and lines of two threads
/// would mix.
public struct ProgressReporter {
  /// Where progress is shown.
  public enum Style: Hashable, Sendable {
    /// Nowhere: on ranks other than 0, and when silence was asked for.
    case silent
    /// In a log: a line when a phase or an expert begins, and every ten seconds; where several ranks
    /// train experts, a line when one begins or ends on any of them.
    case lines
    /// On a terminal of a width in characters: one line, rewritten at most ten times a second.
    case terminal(columns: Int)

    /// The least time between two outputs of one phase and expert.
    var interval: Duration { self == .lines ? .seconds(10) : .milliseconds(100) }
  }

  private let style: Style
  private let now: () -> Duration
  private let write: (String) -> Void
  private var stage: Stage?
  private var lastOutput = Duration.zero
  /// Whether the terminal's cursor stands at the end of a line.
  private var isLineOpen = false
  /// The experts that are trained, if there are several ranks.
  private var experts = ExpertOverview()

  /// The phase or expert that is trained, and how it began.
  private struct Stage {
    let first: TrainingProgress
    let start: Duration
  }

  /// Creates a reporter.
  ///
  /// - Parameters:
  ///   - style: Where progress is shown.
  ///   - now: The time since some fixed moment.
  ///   - write: Puts text on the terminal or into the log.
  public init(
    style: Style, now: @escaping () -> Duration, write: @escaping (String) -> Void
  ) {
    self.style = style
    self.now = now
    self.write = write
  }

  /// Shows a moment, if it is time for it.
  public mutating func report(_ progress: TrainingProgress) {
    guard style != .silent else { return }
    let time = now()
    if let stage, progress.continues(stage.first) {
      guard time - lastOutput >= style.interval else { return }
    } else {
      // An overview of experts goes on in the same line.
      if experts.text == nil { finish() }
      stage = Stage(first: progress, start: time)
    }
    lastOutput = time
    show(
      progress.line(
        timeLeft: timeLeft(progress, at: time), overview: style == .lines ? nil : experts.text))
  }

  /// Ends the line on a terminal, so that other output begins on a fresh one.
  public mutating func finish() {
    if isLineOpen { write("\n") }
    isLineOpen = false
    stage = nil
  }

  private mutating func show(_ line: String) {
    switch style {
    case .silent: break
    case .lines: write(line + "\n")
    case .terminal(let columns):
      write("\r\(line.prefix(max(1, columns - 1)))\u{1B}[K")
      isLineOpen = true
    }
  }

  /// The time the stage takes on if it does not end early and goes on as fast as so far.
  private func timeLeft(_ progress: TrainingProgress, at time: Duration) -> Duration? {
    guard let stage else { return nil }
    let steps = progress.stepsDone - stage.first.stepsDone
    guard steps > 0 else { return nil }
    return (time - stage.start) / Double(steps) * Double(progress.stepsLeft)
  }
}

// MARK: - Experts on several ranks

extension ProgressReporter {
  /// Shows that an expert begins on some ranks.
  public mutating func reportBeginning(of assignment: ExpertAssignment) {
    experts.begin(assignment)
    show(assignment, "begins")
  }

  /// Shows that an expert has ended on its ranks.
  public mutating func reportEnd(of assignment: ExpertAssignment) {
    experts.end(assignment)
    show(assignment, "has ended")
  }

  /// Shows how long ranks had no expert to train.
  public mutating func report(_ idle: IdleTime) {
    experts = ExpertOverview()
    guard style != .silent else { return }
    finish()
    write(idle.line + "\n")
  }

  private mutating func show(_ assignment: ExpertAssignment, _ verb: String) {
    let expert = assignment.expert
    switch style {
    case .silent: break
    case .lines:
      show(
        "experts, \(expert.words) \(verb) on \(assignment.ranks.words)"
      )
    case .terminal:
      guard let text = experts.text else { return }
      show("experts, \(text)")
    }
  }
}
