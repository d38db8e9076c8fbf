import Checkpoints
import Kernels

extension TaskCheckpoints {
  /// Reads the manifest of the checkpoint to go on from, which has been checked when it was chosen.
  func manifest(
    of name: CheckpointName
  ) throws(TrainingError) -> TaskManifest {
    try readingCheckpoints { () throws(CheckpointError) in
      try keeper.folder.uncheckedManifest(of: name).members(as: TaskManifest.self)
    }
  }

  /// Restores what ``save(_:_:_:nextSample:parameters:best:engine:since:)`` wrote.
  func restore(
    _ name: CheckpointName, _ manifest: TaskManifest,
    parameters: inout Buffer, best: inout Buffer, engine: inout StepEngine
  ) throws(TrainingError) {
    let first = task.range.lowerBound
    try readDense(.changing, name, manifest) { snapshot in
      snapshot.copyDense(.values, to: &parameters, first: 0)
      engine.restoreMoments(step: manifest.state.optimizerSteps) { one, two in
        snapshot.copyDense(.firstMoments, to: &one, first: first)
        snapshot.copyDense(.secondMoments, to: &two, first: first)
      }
    }
    try readDense(.best, name, manifest) { $0.copyDense(.best, to: &best, first: first) }
    guard let owned else { return }
    try restoreValues(.changing, of: owned, name, manifest, parameters: &parameters)
    try restoreBest(of: owned, name, manifest, best: &best)
    try restoreMoments(of: owned, name, manifest, engine)
  }

  /// Restores what ``saveEnd(_:_:parameters:)`` wrote.
  func restoreEnd(
    _ name: CheckpointName, _ manifest: TaskManifest, parameters: inout Buffer
  ) throws(TrainingError) {
    try readDense(.end, name, manifest) { $0.copyDense(.values, to: &parameters, first: 0) }
    guard let owned else { return }
    try restoreValues(.end, of: owned, name, manifest, parameters: &parameters)
  }

  /// Reads the dense tensors of all parts, one part after another.
  private func readDense(
    _ content: Snapshot.Content, _ name: CheckpointName, _ manifest: TaskManifest,
    _ body: (Snapshot) -> Void
  ) throws(TrainingError) {
    let count = manifest.checkpoint.parts.count
    let theirs = DenseShares(entries: shares.entries, count: count)
    for part in 0..<count {
      let snapshot = Snapshot(content, part, of: theirs)
      guard snapshot.floatCount > 0 else { continue }
      let path = path(content, part, name, manifest)
      try readingCheckpoints { () throws(CheckpointError) in try snapshot.read(path) }
      body(snapshot)
    }
  }

  private func path(
    _ content: Snapshot.Content, _ part: Int, _ name: CheckpointName, _ manifest: TaskManifest
  ) -> String {
    let file = SnapshotName.file(content, part: part, of: manifest.checkpoint.parts.count)
    return "\(keeper.folder.path(of: name))/\(file)"
  }
}

// MARK: - Table rows

// A section is read and copied before the next one is read: there is never more than one beside what it is copied to.

extension TaskCheckpoints {
  private func restoreValues(
    _ content: Snapshot.Content, of owned: OwnedRows, _ name: CheckpointName,
    _ manifest: TaskManifest, parameters: inout Buffer
  ) throws(TrainingError) {
    let values = try read(.values, content, of: owned, name, manifest)
    if let shard = context.shard {
      shard.restore { target, _ in values.copyRows(.values, count: owned.floatCount, to: &target) }
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
      shard.restore { _, best in values.copyRows(.best, count: owned.floatCount, to: &best) }
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
      first.copyRows(.firstMoments, count: count, to: &target)
    }
    let second = try read(.secondMoments, .changing, of: owned, name, manifest)
    engine.tables?.restoreMoments(step: steps) { _, target in
      second.copyRows(.secondMoments, count: count, to: &target)
    }
  }

  private func read(
    _ section: Snapshot.Section, _ content: Snapshot.Content, of owned: OwnedRows,
    _ name: CheckpointName, _ manifest: TaskManifest
  ) throws(TrainingError) -> Snapshot {
    let parts = manifest.checkpoint.parts
    guard let blockRows = parts.blockRows,
      let owners = RowOwners(ranks: parts.count, blockRows: blockRows)
    else { preconditionFailure("\(name.text) has no rows, which was checked") }
    let paths = (0..<parts.count).map { path(content, $0, name, manifest) }
    return try readingCheckpoints { () throws(CheckpointError) in
      try RowSnapshots(paths: paths, owners: owners).read(section, of: owned)
    }
  }
}
