import Checkpoints
import Kernels
import MPI
import Models

/// The checkpoints of one task, as one rank of its group writes and reads them.
///
/// Table rows are written by the ranks that own them, all, if tables are sharded, and those of the first node otherwise, and
/// each of these writes a share of the dense parameters with them. Without table rows the last rank writes all, as the
/// first one publishes.
final class TaskCheckpoints {
  let keeper: CheckpointKeeper
  let task: TrainingTask
  let context: TrainingContext
  let group: Communicator
  /// The rows that this rank updates; `nil` if the task trains no tables.
  let owned: OwnedRows?
  /// Where those of them that lie among parameters are in a copy of what the task changes.
  private let changes: ParameterRanges
  /// The parts of a checkpoint, and the dense tensors of each.
  let shares: DenseShares
  /// The part that this rank writes, if it writes one.
  let part: Int?
  /// Copies of that.
  private(set) var copies: Copies?
  /// Whether the best parameters are others than at the last checkpoint, or there was none.
  private(set) var isBestNew = true
  /// When the last checkpoint was written, or the task began.
  private var last = ContinuousClock.now

  /// Copies of what has changed at each checkpoint, and of the best parameters, which mostly have not.
  struct Copies {
    /// The first.
    let changing: Snapshot
    /// The second.
    let best: Snapshot
  }

  /// Prepares for a task.
  init(
    _ keeper: CheckpointKeeper, _ task: TrainingTask, _ context: TrainingContext,
    group: Communicator
  ) {
    self.keeper = keeper
    self.task = task
    self.context = context
    self.group = group
    owned = context.ownedRows(task)
    changes = context.changes(task)
    shares = DenseShares(
      entries: context.model.layout.entries(in: task.range), count: owned?.owners.size ?? 1)
    if let owned {
      part = context.shard != nil || context.isOnFirstNode ? owned.rank : nil
    } else {
      part = group.rank == group.size - 1 ? 0 : nil
    }
  }

  /// Takes the memory of copies, beside the first steps; what is restored before takes memory of its own.
  func prepare() {
    guard areWritten, found?.progress != .finished, let part else { return }
    let copies = Copies(
      changing: Snapshot(.changing, part, of: shares, rows: owned),
      best: Snapshot(.best, part, of: shares, rows: owned))
    keeper.prepare(copies.changing)
    keeper.prepare(copies.best)
    self.copies = copies
  }

  /// Gives the memory of the copies back: the task's end has its own, but for a stage of the published code.
  func removeCopies() { copies = nil }

  /// The checkpoint to go on from, if there is one.
  var found: CheckpointName? { keeper.found[task.fileName] }

  /// Whether this rank wants a checkpoint because of the time.
  var isTimeUp: Bool {
    let seconds = keeper.configuration.everySeconds
    return seconds > 0 && group.rank == 0 && .now - last > .seconds(seconds)
  }

  /// Whether a checkpoint is due because of the steps, the same on all ranks.
  func isDue(after steps: Int) -> Bool {
    let every = keeper.configuration.everySteps
    return every > 0 && steps.isMultiple(of: every)
  }

  /// Whether any are written: a resumed training may be one that only reads them.
  var areWritten: Bool { keeper.configuration.isEnabled }

  /// Throws if something could not be written.
  func check() throws(TrainingError) { try keeper.check() }

  /// Waits until everything has been written, and there will be no more.
  func stop() throws(TrainingError) {
    if group.rank == 0 { keeper.removeSpare(of: task.fileName) }
    try keeper.finish()
  }

  /// Notes that there are other best parameters.
  func noteBest() { isBestNew = true }

  /// Notes that a checkpoint has the best parameters.
  func noteSaved() {
    isBestNew = false
    last = .now
  }

  /// The runs of owned floats, and where the copy of each begins in one of what the task changes.
  func forEachRun(of owned: OwnedRows, _ body: (OwnedRows.Run, Int) -> Void) {
    // All is one range, or the runs follow the dense parameters in their order.
    let isOneRange = changes.ranges.count == 1
    var start = task.range.count
    for run in owned.runs {
      body(run, isOneRange ? run.start - changes.ranges[0].lowerBound : start)
      start += run.packed.count
    }
  }
}
