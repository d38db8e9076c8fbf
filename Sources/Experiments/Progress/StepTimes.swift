internal import Files
public import Training

/// The time of each step of a training, with all that was done between its steps: `train --step-times`.
///
/// A table with commas, a line a step but for the first one of each task, whose beginning is not told:
///
///     phase,expert,epoch,step,seconds,checkpoint
///     backbone,,1,2,0.000774,0
///
/// Epochs count from 1, and steps from the task's first, as in `metrics.jsonl`; an evaluation is in the time of the step
/// behind it. `checkpoint` is 1 where parameters were copied for a checkpoint before the step, and then written beside it and
/// the next ones.
public struct StepTimes: Sendable {
  /// The time from one step's end to the next.
  private struct Line: Sendable {
    var step: TrainingProgress
    var duration: Duration
    var hasCheckpoint: Bool

    var text: String {
      let expert = step.expert.map { "\($0.index)" } ?? ""
      return "\(step.phase.rawValue),\(expert),\(step.epoch + 1),\(step.stepsDone),"
        + "\(duration / .seconds(1)),\(hasCheckpoint ? 1 : 0)\n"
    }
  }

  private var lines: [Line] = []
  private var last: (step: TrainingProgress, end: Duration)?
  private var hasCheckpoint = false

  /// Begins a table.
  public init() {}

  /// Notes that a step has been taken, so long after some fixed moment.
  public mutating func note(_ step: TrainingProgress, at end: Duration) {
    if let last, step.continues(last.step), last.step.stepsDone < step.stepsDone {
      lines.append(Line(step: step, duration: end - last.end, hasCheckpoint: hasCheckpoint))
    }
    last = (step, end)
    hasCheckpoint = false
  }

  /// Notes that parameters were copied for a checkpoint.
  public mutating func noteCheckpoint() { hasCheckpoint = true }

  /// The table.
  public var text: String {
    lines.reduce(into: "phase,expert,epoch,step,seconds,checkpoint\n") { $0 += $1.text }
  }

  /// Writes the table to a file, which is replaced if it is there.
  ///
  /// - Throws: If the file cannot be written, or is there and no regular one.
  public func write(to path: String) throws(ExperimentError) {
    try RunDirectory.checkIsWritable(path)
    do {
      try publish(Array(text.utf8), to: path, by: .unique)
    } catch {
      throw .failed(action: "write the times of steps", path: path, reason: error.reason)
    }
  }
}
