import Checkpoints
import Evaluation
import Models

// A manifest with a SHA-256 that fits may still be somebody else's work. What is read from it is added, counted and shown
// later on; here all of it is checked, in one place.

/// The contents of a `manifest.json` that was found: what all manifests of its run say, and what its own task says.
struct FoundManifest: Decodable {
  let identity: CheckpointIdentity
  let task: TaskManifest

  init(from decoder: any Decoder) throws {
    identity = try CheckpointIdentity(from: decoder)
    task = try TaskManifest(from: decoder)
  }

  private var checkpoint: CheckpointManifest { task.checkpoint }
  private var state: TaskState { task.state }

  /// Throws unless the checkpoint, whose files and name have been compared with it, is of a training that can have come
  /// to it: of the one that has these rules, if they are known.
  func check(
    of name: CheckpointName, in folder: CheckpointFolder, _ rules: CheckpointRules?
  ) throws(CheckpointError) {
    let path = "\(folder.path(of: name))/manifest.json"
    try checkState(path, domains: rules?.domainCount)
    try rules?.check(self, of: name, in: folder)
  }

  /// Throws unless the state is one that a training of a model with so many domains, if that is known, can have come
  /// to.
  private func checkState(_ path: String, domains: Int?) throws(CheckpointError) {
    try checkCounts(path)
    try checkStopping(path)
    try checkParts(path)
    try checkEvaluations(path, domains: domains)
  }

  /// Throws unless steps, rows and seconds are counts and durations.
  private func checkCounts(_ path: String) throws(CheckpointError) {
    let outcome = state.outcome
    let maximum = CheckpointManifest.maximumCount
    for (key, count) in [
      ("steps", state.steps), ("stepsBefore", state.stepsBefore),
      ("losses.rows", state.losses.rows),
      ("outcome.epochs", outcome.epochs), ("outcome.samples", outcome.samples),
    ] {
      try require(isCount(count), path, key, "a number from 0 to \(maximum)", count)
    }
    for (key, seconds) in [
      ("seconds", state.seconds), ("outcome.trainingSeconds", outcome.trainingSeconds),
    ] {
      try require(isDuration(seconds), path, key, "a duration", seconds)
    }
    try require(
      state.steps >= checkpoint.step, path, "steps", "no fewer than those of the epoch", state.steps
    )
    try require(
      isLaterStage || state.stepsBefore == 0, path, "stepsBefore",
      "0 but for later stages of the published code", state.stepsBefore)
    try require(state.losses.sum.isFinite, path, "losses.sum", "a number", state.losses.sum)
  }

  /// Throws unless the best figure, and the count of evaluations since, are those of the evaluations.
  private func checkStopping(_ path: String) throws(CheckpointError) {
    let (stopping, records) = (state.stopping, state.outcome.records)
    try require(
      stopping.isPlausible(after: records.map(\.isBest)) && (isPublished || stopping.best != nil),
      path, "stopping", "a figure, and the count of evaluations since that", stopping)
    try require(
      isPublished || stopping.best == records.compactMap(\.validation.meanAUC).max(),
      path, "stopping", "the best figure of all evaluations", stopping)
  }

  /// Throws unless the evaluations are of the task's domains, if the number of all domains is known.
  private func checkEvaluations(_ path: String, domains: Int?) throws(CheckpointError) {
    let evaluated = domains.map { domains in
      checkpoint.expert.flatMap { isPublished ? nil : [$0 % domains] } ?? Array(0..<domains)
    }
    for (index, record) in state.outcome.records.enumerated() {
      guard isPlausible(record, of: evaluated) else {
        throw .unexpected(
          file: path, key: "evaluations", expected: "counts and figures of the task's domains",
          found: "others in evaluation \(index + 1)")
      }
    }
  }

  private func require(
    _ isMet: Bool, _ path: String, _ key: String, _ expected: String,
    _ found: @autoclosure () -> some CustomStringConvertible
  ) throws(CheckpointError) {
    guard !isMet else { return }
    throw .unexpected(file: path, key: "state.\(key)", expected: expected, found: "\(found())")
  }

  /// Throws unless there are the files of all parts, and rows in them if the task trains tables.
  private func checkParts(_ path: String) throws(CheckpointError) {
    // The same files could be those of other blocks, and rows be taken for others.
    guard checkpoint.parts.blockRows == blockRows else {
      throw .unexpected(
        file: path, key: "parts.blockRows",
        expected: blockRows.map(String.init) ?? "none, as no tables are trained",
        found: checkpoint.parts.blockRows.map(String.init) ?? "none")
    }
    let files = SnapshotName.all(contents, parts: checkpoint.parts.count)
    let found = checkpoint.files.map(\.name)
    guard found.sorted() == files.sorted() else {
      let missing = files.first { !found.contains($0) }
      throw .unexpected(
        file: path, key: "files", expected: missing ?? "those of parts",
        found: missing == nil ? "others, too" : "none of that name")
    }
  }

  /// The rows of a block, as tables that are kept in this way are dealt out; `nil` if none are trained.
  private var blockRows: Int? {
    guard isPublished || checkpoint.phase == TrainingPhase.backbone.rawValue else { return nil }
    let isSharded =
      identity.configuration["training.tables"] == TablePlacement.sharded.rawValue
    let owners = isSharded ? RowOwners.rowByRow : RowOwners.blockByBlock
    return owners(checkpoint.parts.count).blockRows
  }

  /// What each part has a file of.
  var contents: [Snapshot.Content] {
    checkpoint.isFinished && !isPublished ? [.end] : [.changing, .best]
  }

  /// The most epochs that the task could take when it was written.
  func maximumEpochs(of task: TrainingTask, _ path: String) throws(CheckpointError) -> Int {
    // Stages of the published code have the backbone's.
    let phase = isPublished ? TrainingPhase.backbone : task.phase
    let key = "training.\(phase.rawValue).maximumEpochs"
    let text = identity.configuration[key]
    guard let epochs = text.flatMap({ Int($0) }), epochs > 0 else {
      throw .unexpected(
        file: path, key: "configuration.\(key)", expected: "a number from 1",
        found: text ?? "none")
    }
    return epochs
  }

  /// Whether it is of a stage of the published code.
  private var isPublished: Bool {
    identity.configuration["model.adaptation"] == Adaptation.compat.rawValue
  }

  /// Whether it is of one that another one went before.
  private var isLaterStage: Bool {
    isPublished && checkpoint.phase != TrainingPhase.backbone.rawValue
  }

  private func isCount(_ value: Int) -> Bool { 0...CheckpointManifest.maximumCount ~= value }

  /// Whether so many seconds can have passed; so few as make speeds infinite cannot.
  private func isDuration(_ seconds: Double) -> Bool {
    seconds == 0 || (1e-6...Double(CheckpointManifest.maximumCount)).contains(seconds)
  }

  private func isPlausible(_ record: EvaluationRecord, of domains: [Int]?) -> Bool {
    record.phase.rawValue == checkpoint.phase && record.expert == checkpoint.expert
      && isCount(record.epoch) && isCount(record.step)
      && (0...1e18).contains(record.samplesPerSecond)
      && isDuration(record.seconds)
      && (domains == nil || record.validation.domains.map(\.domain) == domains)
      && record.validation.domains.allSatisfy { isCount($0.rows) && 0...$0.rows ~= $0.positives }
  }
}
