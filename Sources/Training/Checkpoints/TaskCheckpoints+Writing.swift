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
    var floats = 0
    if let copies, let part {
      copyChanging(parameters, engine, to: copies.changing)
      keeper.write(
        copies.changing, to: SnapshotName.file(.changing, part: part, of: shares.count), of: name)
      if isBestNew { copyBest(best, to: copies.best) }
      keeper.write(
        copies.best, isNew: isBestNew, to: SnapshotName.file(.best, part: part, of: shares.count),
        of: name)
      floats = copies.changing.floatCount + (isBestNew ? copies.best.floatCount : 0)
    }
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
    if let part {
      let snapshot = Snapshot(.end, part, of: shares, rows: owned)
      snapshot.copyDense(.values, from: parameters, first: 0)
      if let owned { copyValues(of: owned, parameters, to: snapshot) }
      keeper.write(snapshot, to: SnapshotName.file(.end, part: part, of: shares.count), of: name)
    }
    publish(name, progress, state, nextSample: 0, [.end])
  }

  private func publish(
    _ name: CheckpointName, _ progress: TaskProgress, _ state: TaskState, nextSample: Int,
    _ contents: [Snapshot.Content]
  ) {
    guard group.rank == 0 else { return }
    let manifest = CheckpointManifest(
      phase: task.phase.rawValue, expert: task.expert, epoch: progress.epoch, step: progress.step,
      nextSample: nextSample, isFinished: name.progress == .finished,
      parts: .init(count: shares.count, blockRows: owned?.owners.blockRows))
    func files(_ contents: [Snapshot.Content]) -> [String] {
      SnapshotName.all(contents, parts: shares.count)
    }
    keeper.publish(
      name, TaskManifest(manifest, state), files: files(contents), changing: files([.changing]))
  }
}

// MARK: - Copying

extension TaskCheckpoints {
  private func copyChanging(
    _ parameters: borrowing Buffer, _ engine: borrowing StepEngine, to snapshot: Snapshot
  ) {
    snapshot.copyDense(.values, from: parameters, first: 0)
    engine.withMoments { first, second in
      snapshot.copyDense(.firstMoments, from: first, first: task.range.lowerBound)
      snapshot.copyDense(.secondMoments, from: second, first: task.range.lowerBound)
    }
    guard let owned else { return }
    copyValues(of: owned, parameters, to: snapshot)
    engine.tables?.withMoments { first, second in
      snapshot.copyRows(.firstMoments, from: 0..<owned.floatCount, of: first)
      snapshot.copyRows(.secondMoments, from: 0..<owned.floatCount, of: second)
    }
  }

  private func copyValues(
    of owned: OwnedRows, _ parameters: borrowing Buffer, to snapshot: Snapshot
  ) {
    if let shard = context.shard {
      shard.withValues { values, _ in
        snapshot.copyRows(.values, from: 0..<owned.floatCount, of: values)
      }
    } else {
      for run in owned.runs {
        snapshot.copyRows(
          .values, from: run.parameters, of: parameters, at: run.packed.lowerBound)
      }
    }
  }

  private func copyBest(_ best: borrowing Buffer, to snapshot: Snapshot) {
    snapshot.copyDense(.best, from: best, first: task.range.lowerBound)
    guard let owned else { return }
    if let shard = context.shard {
      shard.withValues { _, best in
        snapshot.copyRows(.best, from: 0..<owned.floatCount, of: best)
      }
    } else {
      forEachRun(of: owned) { run, start in
        snapshot.copyRows(
          .best, from: start..<start + run.packed.count, of: best, at: run.packed.lowerBound)
      }
    }
  }
}
