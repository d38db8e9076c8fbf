import Checkpoints
import Datasets
import Kernels

extension TaskCheckpoints {
  /// Reads the manifest of the checkpoint to go on from, which has been checked when it was chosen.
  func manifest(
    of name: CheckpointName
  ) throws(TrainingError) -> TaskManifest {
    try reading { () throws(CheckpointError) in
      try keeper.folder.uncheckedManifest(of: name, as: TaskManifest.self)
    }
  }

  /// Throws unless a checkpoint of a task that has not ended is of a step of its epoch, and of the row that comes next there.
  func check(
    _ manifest: TaskManifest, of name: CheckpointName, plan: EpochPlan
  ) throws(TrainingError) {
    let checkpoint = manifest.checkpoint
    func require(_ found: Int, in expected: ClosedRange<Int>, _ key: String) throws(TrainingError) {
      guard !expected.contains(found) else { return }
      let words = expected.count == 1 ? "\(expected.lowerBound)" : "at most \(expected.upperBound)"
      throw .checkpoint(
        .unexpected(
          file: "\(keeper.folder.path(of: name))/manifest.json", key: key, expected: words,
          found: "\(found)"))
    }
    try require(checkpoint.step, in: 0...plan.stepCount, "step")
    let steps = (checkpoint.epoch - 1) * plan.stepCount + checkpoint.step
    try require(manifest.state.steps, in: steps...steps, "state.steps")
    let next = plan.firstSample(ofStep: checkpoint.step)
    try require(checkpoint.nextSample, in: next...next, "nextSample")
  }

  /// Restores what ``save(_:_:_:nextSample:parameters:best:engine:since:)`` wrote.
  func restore(
    _ name: CheckpointName, _ manifest: TaskManifest,
    parameters: inout Buffer, best: inout Buffer, engine: inout StepEngine
  ) throws(TrainingError) {
    let snapshot = try readDense(.changing, name)
    let count = task.range.count
    snapshot.copy(.values, count: count, to: &parameters, at: task.range.lowerBound)
    engine.restoreMoments(step: manifest.state.optimizerSteps) { first, second in
      snapshot.copy(.firstMoments, count: count, to: &first)
      snapshot.copy(.secondMoments, count: count, to: &second)
    }
    try readDense(.best, name).copy(.best, count: count, to: &best)
    guard let owned else { return }
    try restoreValues(.changing, of: owned, name, manifest, parameters: &parameters)
    try restoreBest(of: owned, name, manifest, best: &best)
    try restoreMoments(of: owned, name, manifest, engine)
  }

  /// Restores what ``saveEnd(_:_:parameters:)`` wrote.
  func restoreEnd(
    _ name: CheckpointName, _ manifest: TaskManifest, parameters: inout Buffer
  ) throws(TrainingError) {
    try readDense(.end, name)
      .copy(.values, count: task.range.count, to: &parameters, at: task.range.lowerBound)
    guard let owned else { return }
    try restoreValues(.end, of: owned, name, manifest, parameters: &parameters)
  }

  private func readDense(
    _ part: Snapshot.Part, _ name: CheckpointName
  ) throws(TrainingError) -> Snapshot {
    let snapshot = Snapshot(part, of: task, context.model)
    let path = "\(keeper.folder.path(of: name))/\(SnapshotName.dense(part))"
    try reading { () throws(CheckpointError) in try snapshot.read(path) }
    return snapshot
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

// MARK: - Table rows

// A section is read and copied before the next one is read: there is never more than one beside what it is copied to.

extension TaskCheckpoints {
  private func restoreValues(
    _ part: Snapshot.Part, of owned: OwnedRows, _ name: CheckpointName,
    _ manifest: TaskManifest, parameters: inout Buffer
  ) throws(TrainingError) {
    let values = try read(.values, part, of: owned, name, manifest)
    if let shard = context.shard {
      shard.restore { target, _ in values.copy(.values, count: owned.floatCount, to: &target) }
    } else {
      for run in owned.runs { parameters.copy(run.packed, of: values.floats, to: run.start) }
    }
  }

  private func restoreBest(
    of owned: OwnedRows, _ name: CheckpointName, _ manifest: TaskManifest,
    best: inout Buffer
  ) throws(TrainingError) {
    let values = try read(.best, .best, of: owned, name, manifest)
    if let shard = context.shard {
      shard.restore { _, best in values.copy(.best, count: owned.floatCount, to: &best) }
    } else {
      forEachRun(of: owned) { run, start in best.copy(run.packed, of: values.floats, to: start) }
    }
  }

  private func restoreMoments(
    of owned: OwnedRows, _ name: CheckpointName, _ manifest: TaskManifest,
    _ engine: borrowing StepEngine
  ) throws(TrainingError) {
    let (steps, count) = (manifest.state.optimizerSteps, owned.floatCount)
    let first = try read(.firstMoments, .changing, of: owned, name, manifest)
    engine.tables?.restoreMoments(step: steps) { target, _ in
      first.copy(.firstMoments, count: count, to: &target)
    }
    let second = try read(.secondMoments, .changing, of: owned, name, manifest)
    engine.tables?.restoreMoments(step: steps) { _, target in
      second.copy(.secondMoments, count: count, to: &target)
    }
  }

  private func read(
    _ section: Snapshot.Section, _ part: Snapshot.Part, of owned: OwnedRows,
    _ name: CheckpointName, _ manifest: TaskManifest
  ) throws(TrainingError) -> Snapshot {
    let folder = keeper.folder.path(of: name)
    guard let files = manifest.checkpoint.rowFiles,
      let owners = RowOwners(ranks: files.count, blockRows: files.blockRows)
    else {
      throw .checkpoint(
        .unexpected(
          file: "\(folder)/manifest.json", key: "rowFiles", expected: "files of table rows",
          found: "none"))
    }
    let paths = (0..<files.count).map {
      "\(folder)/\(SnapshotName.rows(part, $0, of: files.count))"
    }
    return try reading { () throws(CheckpointError) in
      try RowSnapshots(paths: paths, owners: owners).read(section, of: owned)
    }
  }
}
