import Checkpoints
import Kernels
import MPI
import Models

/// The checkpoints of one task, as one rank of its group writes and reads them.
///
/// The first rank writes the dense parameters and publishes. Table rows are written by the ranks that own
/// them: all, if tables are sharded, and those of the first node otherwise.
final class TaskCheckpoints {
  private let keeper: CheckpointKeeper
  private let task: TrainingTask
  private let context: TrainingContext
  private let group: Communicator
  /// The rows that this rank updates; `nil` if the task trains no tables.
  private let owned: OwnedRows?
  /// Where those of them that lie among parameters are in a copy of what the task changes.
  private let changes: ParameterRanges
  /// What this rank writes, if it writes it.
  private var dense, rows: Snapshot?
  /// When the last checkpoint was written, or the task began.
  private var last = ContinuousClock.now

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
  }

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

  /// Throws if something could not be written.
  func check() throws(TrainingError) { try keeper.check() }

  /// Waits until everything has been written.
  func finish() throws(TrainingError) { try keeper.finish() }

  private var writesRows: Bool { context.shard != nil || context.isOnFirstNode }
}

// MARK: - Writing

extension TaskCheckpoints {
  /// Copies all that the rest of a task depends on, and has it written.
  func save(
    _ state: TaskState, nextSample: Int, parameters: borrowing Buffer, best: borrowing Buffer,
    engine: borrowing StepEngine
  ) throws(TrainingError) {
    // One copy: what is being written is not written over.
    try keeper.finish()
    last = .now
    let name = CheckpointName(task.fileName, .steps(state.steps))
    if group.rank == 0 {
      let snapshot = dense ?? Snapshot(Snapshot.Section.allCases, of: task, context.model)
      dense = snapshot
      copyDense(parameters, best, engine, to: snapshot)
      keeper.write(snapshot, to: TaskCheckpoints.denseFile, of: name)
    }
    if let owned, writesRows {
      let snapshot = rows ?? Snapshot(Snapshot.Section.allCases, of: owned)
      rows = snapshot
      copyValues(of: owned, parameters, to: snapshot)
      copyBest(of: owned, best, to: snapshot)
      engine.tables?.withMoments { first, second in
        snapshot.copy(0..<owned.floatCount, of: first, to: .firstMoments)
        snapshot.copy(0..<owned.floatCount, of: second, to: .secondMoments)
      }
      keeper.write(snapshot, to: rowFile(of: owned), of: name)
    }
    publish(name, state, nextSample: nextSample)
  }

  /// Has what came of the task written, with the parameters that it leaves.
  func saveEnd(
    _ state: TaskState, parameters: borrowing Buffer
  ) throws(TrainingError) {
    try keeper.finish()
    (dense, rows) = (nil, nil)
    let name = CheckpointName(task.fileName, .finished)
    if group.rank == 0 {
      let snapshot = Snapshot([.values], of: task, context.model)
      snapshot.copy(task.range, of: parameters, to: .values)
      keeper.write(snapshot, to: TaskCheckpoints.denseFile, of: name)
    }
    if let owned, writesRows {
      let snapshot = Snapshot([.values], of: owned)
      copyValues(of: owned, parameters, to: snapshot)
      keeper.write(snapshot, to: rowFile(of: owned), of: name)
    }
    publish(name, state, nextSample: 0)
  }

  private static let denseFile = "dense.safetensors"

  private func rowFile(of owned: OwnedRows) -> String {
    RowSnapshots.name(owned.rank, of: owned.owners.size)
  }

  private func publish(_ name: CheckpointName, _ state: TaskState, nextSample: Int) {
    guard group.rank == 0 else { return }
    let owners = owned?.owners
    let manifest = CheckpointManifest(
      configuration: keeper.identity.configuration, dataset: keeper.identity.dataset,
      phase: task.phase.rawValue, expert: task.expert, epoch: state.epoch, step: state.step,
      nextSample: nextSample, isFinished: name.progress == .finished, state: state,
      rowFiles: owners.map { .init(count: $0.size, blockRows: $0.blockRows) })
    let count = owners?.size ?? 0
    keeper.publish(
      name, manifest,
      files: [TaskCheckpoints.denseFile] + (0..<count).map { RowSnapshots.name($0, of: count) })
  }

  private func copyDense(
    _ parameters: borrowing Buffer, _ best: borrowing Buffer, _ engine: borrowing StepEngine,
    to snapshot: Snapshot
  ) {
    let count = task.range.count
    snapshot.copy(task.range, of: parameters, to: .values)
    snapshot.copy(0..<count, of: best, to: .best)
    engine.withMoments { first, second in
      snapshot.copy(0..<count, of: first, to: .firstMoments)
      snapshot.copy(0..<count, of: second, to: .secondMoments)
    }
  }

  private func copyValues(
    of owned: OwnedRows, _ parameters: borrowing Buffer, to snapshot: Snapshot
  ) {
    if let shard = context.shard {
      shard.withValues { values, _ in
        snapshot.copy(0..<owned.floatCount, of: values, to: .values)
      }
    } else {
      for run in owned.runs {
        snapshot.copy(run.parameters, of: parameters, to: .values, at: run.packed.lowerBound)
      }
    }
  }

  private func copyBest(of owned: OwnedRows, _ best: borrowing Buffer, to snapshot: Snapshot) {
    if let shard = context.shard {
      shard.withValues { _, best in snapshot.copy(0..<owned.floatCount, of: best, to: .best) }
    } else {
      forEachRun(of: owned) { run, start in
        snapshot.copy(
          start..<start + run.packed.count, of: best, to: .best, at: run.packed.lowerBound)
      }
    }
  }

  /// The runs of owned floats, and where the copy of each begins in one of what the task changes.
  private func forEachRun(of owned: OwnedRows, _ body: (OwnedRows.Run, Int) -> Void) {
    // All is one range, or the runs follow the dense parameters in their order.
    let isOneRange = changes.ranges.count == 1
    var start = task.range.count
    for run in owned.runs {
      body(run, isOneRange ? run.start - changes.ranges[0].lowerBound : start)
      start += run.packed.count
    }
  }
}

// MARK: - Reading

extension TaskCheckpoints {
  /// Reads the manifest of the checkpoint to go on from, which has been checked when it was chosen.
  func manifest(
    of name: CheckpointName
  ) throws(TrainingError) -> CheckpointManifest<TaskState> {
    try reading { () throws(CheckpointError) in try keeper.folder.uncheckedManifest(of: name) }
  }

  /// Restores what ``save(_:nextSample:parameters:best:engine:)`` wrote.
  func restore(
    _ name: CheckpointName, _ manifest: CheckpointManifest<TaskState>,
    parameters: inout Buffer, best: inout Buffer, engine: inout StepEngine
  ) throws(TrainingError) {
    let snapshot = Snapshot(Snapshot.Section.allCases, of: task, context.model)
    try read(snapshot, name)
    let count = task.range.count
    snapshot.copy(.values, count: count, to: &parameters, at: task.range.lowerBound)
    snapshot.copy(.best, count: count, to: &best)
    engine.restoreMoments(step: manifest.state.steps) { first, second in
      snapshot.copy(.firstMoments, count: count, to: &first)
      snapshot.copy(.secondMoments, count: count, to: &second)
    }
    guard let owned else { return }
    let files = try rowSnapshots(name, manifest)
    let values = try read(.values, of: owned, files)
    let bestValues = try read(.best, of: owned, files)
    restore(values, bestValues, of: owned, parameters: &parameters, best: &best)
    let first = try read(.firstMoments, of: owned, files)
    let second = try read(.secondMoments, of: owned, files)
    engine.tables?.restoreMoments(step: manifest.state.steps) { firstMoments, secondMoments in
      first.copy(.firstMoments, count: owned.floatCount, to: &firstMoments)
      second.copy(.secondMoments, count: owned.floatCount, to: &secondMoments)
    }
  }

  private func restore(
    _ values: Snapshot, _ bestValues: Snapshot, of owned: OwnedRows, parameters: inout Buffer,
    best: inout Buffer
  ) {
    if let shard = context.shard {
      shard.restore { target, best in
        values.copy(.values, count: owned.floatCount, to: &target)
        bestValues.copy(.best, count: owned.floatCount, to: &best)
      }
    } else {
      for run in owned.runs { parameters.copy(run.packed, of: values.floats, to: run.start) }
      forEachRun(of: owned) { run, start in best.copy(run.packed, of: bestValues.floats, to: start)
      }
    }
  }

  /// Restores what ``saveEnd(_:parameters:)`` wrote.
  func restoreEnd(
    _ name: CheckpointName, _ manifest: CheckpointManifest<TaskState>, parameters: inout Buffer
  ) throws(TrainingError) {
    let snapshot = Snapshot([.values], of: task, context.model)
    try read(snapshot, name)
    snapshot.copy(.values, count: task.range.count, to: &parameters, at: task.range.lowerBound)
    guard let owned else { return }
    let values = try read(.values, of: owned, try rowSnapshots(name, manifest))
    if let shard = context.shard {
      shard.restore { target, _ in values.copy(.values, count: owned.floatCount, to: &target) }
    } else {
      for run in owned.runs { parameters.copy(run.packed, of: values.floats, to: run.start) }
    }
  }

  private func read(_ snapshot: Snapshot, _ name: CheckpointName) throws(TrainingError) {
    let path = "\(keeper.folder.path(of: name))/\(TaskCheckpoints.denseFile)"
    try reading { () throws(CheckpointError) in try snapshot.read(path) }
  }

  private func read(
    _ section: Snapshot.Section, of owned: OwnedRows, _ files: RowSnapshots
  ) throws(TrainingError) -> Snapshot {
    try reading { () throws(CheckpointError) in try files.read(section, of: owned) }
  }

  private func rowSnapshots(
    _ name: CheckpointName, _ manifest: CheckpointManifest<TaskState>
  ) throws(TrainingError) -> RowSnapshots {
    let folder = keeper.folder.path(of: name)
    guard let files = manifest.rowFiles,
      let owners = RowOwners(ranks: files.count, blockRows: files.blockRows)
    else {
      throw .checkpoint(
        .unexpected(
          file: "\(folder)/manifest.json", key: "rowFiles", expected: "files of table rows",
          found: "none"))
    }
    return RowSnapshots(
      paths: (0..<files.count).map { "\(folder)/\(RowSnapshots.name($0, of: files.count))" },
      owners: owners)
  }

  private func reading<Result>(
    _ body: () throws(CheckpointError) -> Result
  ) throws(TrainingError) -> Result {
    do {
      return try body()
    } catch {
      throw .checkpoint(error)
    }
  }
}
