import Checkpoints
import Kernels

extension TaskCheckpoints {
  /// Copies all that the rest of a task depends on, or, at the end of a stage of the published code, the next stage,
  /// and has it written; the step has waited since `began`.
  func save(
    _ name: CheckpointName, _ progress: TaskProgress, _ state: TaskState, nextSample: Int,
    parameters: borrowing Buffer,
    best: borrowing Buffer, engine: borrowing StepEngine, since began: ContinuousClock.Instant
  ) throws(TrainingError) -> CheckpointCost {
    let waiting = ContinuousClock.now
    // One copy: what is being written is not written over.
    try keeper.finish()
    let secondsForLast = seconds(since: waiting)
    if let dense { save(dense, name, parameters, best, engine) }
    if let owned, let rows { save(rows, of: owned, name, parameters, best, engine) }
    let floats = [dense, rows].compactMap(\.self)
      .reduce(0) { $0 + $1.changing.floatCount + (isBestNew ? $1.best.floatCount : 0) }
    noteSaved()
    publish(name, progress, state, nextSample: nextSample, [.changing, .best])
    return CheckpointCost(
      name: name.text, bytesCopied: 4 * floats, seconds: seconds(since: began),
      secondsForLast: secondsForLast)
  }

  /// Has what came of the task written, with the parameters that it leaves.
  func saveEnd(
    _ progress: TaskProgress, _ state: TaskState, parameters: borrowing Buffer
  ) throws(TrainingError) {
    try keeper.finish()
    removeCopies()
    let name = CheckpointName(task.fileName, .finished)
    if writesDense {
      let snapshot = Snapshot(.end, of: task, context.model)
      snapshot.copy(task.range, of: parameters, to: .values)
      keeper.write(snapshot, to: SnapshotName.dense(.end), of: name)
    }
    if let owned, writesRows {
      let snapshot = Snapshot(.end, of: owned)
      copyValues(of: owned, parameters, to: snapshot)
      keeper.write(snapshot, to: rowFile(.end, owned), of: name)
    }
    publish(name, progress, state, nextSample: 0, [.end])
  }

  private func publish(
    _ name: CheckpointName, _ progress: TaskProgress, _ state: TaskState, nextSample: Int,
    _ parts: [Snapshot.Part]
  ) {
    guard group.rank == 0 else { return }
    let owners = owned?.owners
    let manifest = CheckpointManifest(
      configuration: keeper.identity.configuration, dataset: keeper.identity.dataset,
      build: keeper.identity.build,
      phase: task.phase.rawValue, expert: task.expert, epoch: progress.epoch, step: progress.step,
      nextSample: nextSample, isFinished: name.progress == .finished,
      rowFiles: owners.map { .init(count: $0.size, blockRows: $0.blockRows) })
    func files(_ parts: [Snapshot.Part]) -> [String] {
      SnapshotName.all(parts, rowFiles: owners?.size ?? 0)
    }
    keeper.publish(
      name, TaskManifest(manifest, state), files: files(parts), changing: files([.changing]))
  }
}

// MARK: - Dense parameters

extension TaskCheckpoints {
  private func save(
    _ dense: Copies, _ name: CheckpointName, _ parameters: borrowing Buffer,
    _ best: borrowing Buffer, _ engine: borrowing StepEngine
  ) {
    let count = task.range.count
    let changing = dense.changing
    changing.copy(task.range, of: parameters, to: .values)
    engine.withMoments { first, second in
      changing.copy(0..<count, of: first, to: .firstMoments)
      changing.copy(0..<count, of: second, to: .secondMoments)
    }
    keeper.write(changing, to: SnapshotName.dense(.changing), of: name)
    if isBestNew { dense.best.copy(0..<count, of: best, to: .best) }
    keeper.write(dense.best, isNew: isBestNew, to: SnapshotName.dense(.best), of: name)
  }
}

// MARK: - Table rows

extension TaskCheckpoints {
  private func save(
    _ rows: Copies, of owned: OwnedRows, _ name: CheckpointName, _ parameters: borrowing Buffer,
    _ best: borrowing Buffer, _ engine: borrowing StepEngine
  ) {
    let changing = rows.changing
    copyValues(of: owned, parameters, to: changing)
    engine.tables?.withMoments { first, second in
      changing.copy(0..<owned.floatCount, of: first, to: .firstMoments)
      changing.copy(0..<owned.floatCount, of: second, to: .secondMoments)
    }
    keeper.write(changing, to: rowFile(.changing, owned), of: name)
    if isBestNew { copyBest(of: owned, best, to: rows.best) }
    keeper.write(rows.best, isNew: isBestNew, to: rowFile(.best, owned), of: name)
  }

  private func rowFile(_ part: Snapshot.Part, _ owned: OwnedRows) -> String {
    SnapshotName.rows(part, owned.rank, of: owned.owners.size)
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
}
