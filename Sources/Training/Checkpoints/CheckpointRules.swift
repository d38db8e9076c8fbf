import Checkpoints
public import Datasets
import Kernels
public import Models

/// What the checkpoints of a training can be of: its tasks, the steps of their epochs, and the shapes of what they train.
///
/// They follow from the model, the data, and how it is trained, so that no checkpoint is gone on from that the training
/// would stumble over, whoever wrote it.
///
/// Not `Sendable`, as its context is not; a class, for the plan that it keeps.
public final class CheckpointRules {
  private let context: TrainingContext
  /// The tasks, in the order in which one is trained on what came before.
  private let order: [[TrainingTask]]
  /// The last plan that was made: checkpoints are mostly of few epochs, and a plan takes as long as the rows are many.
  private var lastPlan: (task: String, epoch: Int, plan: EpochPlan)?

  /// The rules for a training; no parameters are allocated.
  ///
  /// - Parameters:
  ///   - configuration: the model.
  ///   - training: how it is trained.
  ///   - seed: what all random numbers derive from.
  ///   - dataset: the rows.
  public init(
    _ configuration: ModelConfiguration, _ training: TrainingConfiguration, seed: UInt64,
    dataset: Dataset
  ) {
    let training = training.limited(toRows: dataset.rows(of: .train).count)
    let model = Model(
      configuration, schema: dataset.schema, capacity: Trainer.capacity(training))
    let context = TrainingContext(
      model: model, configuration: training, seed: seed, dataset: dataset, rank: 0)
    let isPublished = configuration.adaptation == .compat
    self.context = isPublished ? context.withOnePhaseConfiguration : context
    order = TrainingTask.inOrder(model)
  }

  /// How many domains the model has.
  var domainCount: Int { context.model.schema.domainCount }

  /// The tasks that are trained on some of which one has not ended, and the first of these, by name; `nil` if all have.
  func dependents(ofAllBut ended: Set<String>) -> (tasks: Set<String>, unended: [String])? {
    let names = order.map { $0.map(\.fileName) }
    guard let first = names.firstIndex(where: { !ended.isSuperset(of: $0) }) else { return nil }
    return (
      Set(names.dropFirst(first + 1).joined()), names[first].filter { !ended.contains($0) }
    )
  }

  /// Throws unless a checkpoint is of a task of this training, of a step that comes in it, and holds its tensors.
  ///
  /// Numbers and names of the manifest have been checked for themselves.
  func check(
    _ manifest: FoundManifest, of name: CheckpointName, in folder: CheckpointFolder
  ) throws(CheckpointError) {
    let path = folder.path(of: name)
    guard let task = order.joined().first(where: { $0.fileName == name.task }) else {
      throw .unexpected(
        file: "\(path)/manifest.json", key: "task", expected: "one of this model",
        found: name.task)
    }
    try checkSteps(of: manifest, of: task, "\(path)/manifest.json")
    try checkTensors(of: manifest, of: task, in: path)
  }

  /// Throws unless epoch, steps, next row and evaluations are those that one point of the task has.
  private func checkSteps(
    of manifest: FoundManifest, of task: TrainingTask, _ path: String
  ) throws(CheckpointError) {
    let (checkpoint, state) = (manifest.task.checkpoint, manifest.task.state)
    guard checkpoint.phase == task.phase.rawValue else {
      throw .unexpected(
        file: path, key: "phase", expected: task.phase.rawValue, found: checkpoint.phase)
    }
    let plan = plan(of: task, epoch: checkpoint.epoch)
    try require(checkpoint.step, in: 0...plan.stepCount, "step", path)
    if checkpoint.isFinished {
      try checkEnd(checkpoint, state, perEpoch: plan.stepCount, path)
    } else {
      let most = try manifest.maximumEpochs(of: task, path)
      try require(checkpoint.epoch, in: 1...most, "epoch", path)
      try checkNext(checkpoint, state, plan, path)
    }
    let evaluations = evaluations(of: task, afterSteps: state.steps, perEpoch: plan.stepCount)
    try require(
      state.outcome.records.count, in: evaluations...evaluations, "number of evaluations", path)
  }

  /// Throws unless a task that has ended has no next row, and as many epochs as its steps make.
  private func checkEnd(
    _ checkpoint: CheckpointManifest, _ state: TaskState, perEpoch count: Int, _ path: String
  ) throws(CheckpointError) {
    try require(checkpoint.nextSample, in: 0...0, "nextSample", path)
    let epochs = state.outcome.epochs
    try require(checkpoint.epoch, in: epochs...epochs + 1, "epoch", path)
    // Where there are no rows, any number of epochs has no steps.
    guard count > 0 else { return }
    let last = state.steps / count + (state.steps % count == 0 ? 0 : 1)
    try require(epochs, in: last...last, "state.outcome.epochs", path)
  }

  /// Throws unless steps and next row are those of a task that has come to a step of an epoch.
  private func checkNext(
    _ checkpoint: CheckpointManifest, _ state: TaskState, _ plan: EpochPlan, _ path: String
  ) throws(CheckpointError) {
    let next = plan.firstSample(ofStep: checkpoint.step)
    try require(checkpoint.nextSample, in: next...next, "nextSample", path)
    let epoch = checkpoint.epoch
    let steps = product(epoch - 1, plan.stepCount) + checkpoint.step
    try require(state.steps, in: steps...steps, "state.steps", path)
    try require(state.outcome.epochs, in: epoch...epoch, "state.outcome.epochs", path)
  }

  private func require(
    _ found: Int, in expected: ClosedRange<Int>, _ key: String, _ path: String
  ) throws(CheckpointError) {
    guard !expected.contains(found) else { return }
    let (first, last) = (expected.lowerBound, expected.upperBound)
    throw .unexpected(
      file: path, key: key, expected: first == last ? "\(first)" : "\(first) to \(last)",
      found: "\(found)")
  }

  /// How many evaluations there are after so many steps.
  private func evaluations(
    of task: TrainingTask, afterSteps steps: Int, perEpoch count: Int
  ) -> Int {
    let first = task.rules.hasFirstCandidate ? 1 : 0
    guard count > 0 else { return first }
    let perEpoch = min(context.configuration[task.phase].evaluationsPerEpoch, count)
    return first + product(steps / count, perEpoch) + steps % count * perEpoch / count
  }

  private func plan(of task: TrainingTask, epoch: Int) -> EpochPlan {
    if let lastPlan, lastPlan.task == task.fileName, lastPlan.epoch == epoch {
      return lastPlan.plan
    }
    let plan = context.plan(task, epoch: epoch)
    lastPlan = (task.fileName, epoch, plan)
    return plan
  }

  /// The product of two counts, or more than any other count, to which one can be added.
  private func product(_ first: Int, _ second: Int) -> Int {
    let (product, overflow) = first.multipliedReportingOverflow(by: second)
    return overflow ? .max / 2 : min(product, .max / 2)
  }

  /// Throws unless the files have the tensors of their parts, of the model's shapes, and no others.
  private func checkTensors(
    of manifest: FoundManifest, of task: TrainingTask, in path: String
  ) throws(CheckpointError) {
    let (model, parts) = (context.model, manifest.task.checkpoint.parts)
    let shares = DenseShares(entries: model.layout.entries(in: task.range), count: parts.count)
    let owners = parts.blockRows.flatMap { RowOwners(ranks: parts.count, blockRows: $0) }
    for part in 0..<parts.count {
      let rows = owners.map { OwnedRows(TableRows(model), $0, rank: part) }
      for content in manifest.contents {
        let file = SnapshotName.file(content, part: part, of: parts.count)
        let entries = Snapshot(content, part, of: shares, rows: rows).template.entries
        try TensorFile(ofCheckpoint: "\(path)/\(file)").checkShapes(of: entries)
      }
    }
  }
}
