import Checkpoints
public import Datasets
import Foundation
import Kernels
public import MPI
public import Training

/// One training run: a configuration, a dataset, the ranks, and the directory the results go to.
///
/// Not `Sendable`, as its communicator is not.
public struct TrainingRun {
  private let configuration: RunConfiguration
  private let dataset: Dataset
  private let world: Communicator
  private let path: String
  private let start: RunStart
  private let identity: RankIdentity

  /// Checks that the run can be made; writes nothing.
  ///
  /// - Parameters:
  ///   - configuration: model and training.
  ///   - dataset: the data.
  ///   - world: the ranks.
  ///   - path: the new run's directory; only rank 0 looks at it.
  ///   - start: whether it begins anew or goes on.
  ///   - identity: the build and the processor of this rank, compared with the others'.
  /// - Throws: An error on rank 0 if the directory is taken, or holds nothing to go on with.
  public init(
    _ configuration: RunConfiguration, dataset: Dataset, world: Communicator, path: String,
    start: RunStart = .new(overwrites: false), identity: RankIdentity
  ) throws {
    self.configuration = configuration
    self.dataset = dataset
    self.world = world
    self.path = path
    self.start = start
    self.identity = identity
    if world.rank == 0 { try TrainingRun.check(path, start, configuration, dataset) }
  }

  /// Throws if a run cannot begin so in a directory; changes nothing.
  public static func check(
    _ path: String, _ start: RunStart, _ configuration: RunConfiguration, _ dataset: Dataset
  ) throws {
    switch start {
    case .new(let overwrites):
      try RunDirectory.checkIsFree(path, overwrites: overwrites)
      try CheckpointPlace(configuration)?.check(isNew: true, for: path)
    case .resumed(let changing):
      let run = try RunDirectory(interrupted: path)
      // Before any checkpoint is judged by them; there may be none.
      try run.dataset().check(DatasetSource(dataset), path: path)
      try configuration.check(try run.configuration().values, changing: changing, path: path)
      try CheckpointPlace(configuration)?.check(isNew: false, for: path)
      _ = try run.checkpoints(configuration).names
      try run.checkIsWritable()
    }
  }

  /// Throws unless the times of steps can be written to a file, as far as that can be told before.
  ///
  /// The file is not in the run's directory nor among its checkpoints, where nothing else is to be, nor among the data.
  public static func check(
    timesOfSteps file: String, _ path: String, dataset: String, _ configuration: RunConfiguration
  ) throws(ExperimentError) {
    let directory = (file as NSString).deletingLastPathComponent
    let places = [
      ("the run", path), ("its checkpoints", CheckpointPlace(configuration)?.folder.path ?? path),
      ("the dataset", dataset),
    ]
    for (name, place) in places {
      // A link to a file there leads there as well; of what is not there yet the directory tells.
      let isInside = [file, directory.isEmpty ? "." : directory].contains {
        RunDirectory.isPath($0, atOrBelow: place)
      }
      guard !isInside else { throw .notAFile(path: file, found: "a place in \(name)") }
    }
    try RunDirectory.checkIsWritable(file)
  }

  /// Trains all phases, and writes the run's directory from rank 0.
  ///
  /// The directory is made, or the run in it replaced, when training begins: what is found wrong
  /// before leaves it as it is. A metric that cannot be written ends the run at once: its course would
  /// be lost.
  ///
  /// - Parameter observer: told of every event, on every rank.
  /// - Returns: the results, the same on all ranks but for times; `nil` if some rank was asked to stop, and
  ///   checkpoints have been written.
  /// - Throws: ``Training/TrainingError``, or an error of the final files on rank 0.
  public func train(observer: @escaping (TrainingEvent) -> Void) throws -> RunResults? {
    var trainer = try Trainer(
      configuration.model, training: configuration.training, seed: configuration.seed,
      dataset: dataset, world: world, identity: identity)
    let writer = try writer()
    let found = try findCheckpoints(observer)
    try writer?.restart()
    let phases = try train(&trainer, found, writer, observer)
    guard let phases else { return nil }
    let results = RunResults(
      dataset: source, ranks: world.size, phases: phases,
      parametersSHA256: try digest(of: trainer))
    try writer?.finish(trainer, dataset: dataset, results: results)
    return results
  }

  /// Trains all phases, and writes their course; `nil` if some rank was asked to stop.
  private func train(
    _ trainer: inout Trainer, _ found: FoundCheckpoints?, _ writer: RunWriter?,
    _ observer: @escaping (TrainingEvent) -> Void
  ) throws(TrainingError) -> [PhaseResult]? {
    do throws(TrainingError) {
      return try trainer.train(checkpoints: keeper(found)) { event throws(TrainingError) in
        do throws(ExperimentError) {
          switch event {
          case .evaluated(let record): try writer?.append(record)
          // A checkpoint may come before the first evaluation.
          case .stageBegan: try writer?.begin()
          default: break
          }
        } catch {
          throw .callerFailed("\(error)", isBadInput: error.isBadInput)
        }
        observer(event)
      }
    } catch .stopped {
      return nil
    } catch {
      throw error
    }
  }

  /// What the run's files say of the data.
  private var source: DatasetSource { DatasetSource(dataset) }

  private var identityOfRun: CheckpointIdentity {
    .init(configuration: configuration.values, dataset: source, build: identity.facts)
  }

  /// Writes the directory, on rank 0.
  private func writer() throws(ExperimentError) -> RunWriter? {
    guard world.rank == 0 else { return nil }
    switch start {
    case .new(let overwrites):
      return RunWriter(
        path, configuration: configuration, dataset: source, overwrites: overwrites)
    case .resumed:
      return try RunWriter(resuming: path, configuration: configuration, dataset: source)
    }
  }

  /// The checkpoints to go on from, if the run does, which are of this configuration and data.
  private func findCheckpoints(
    _ observer: (TrainingEvent) -> Void
  ) throws -> FoundCheckpoints? {
    guard case .resumed(let changing) = start else { return nil }
    let folder = RunDirectory(path: path).checkpoints(configuration)
    let rules = configuration.checkpointRules(dataset)
    let own = identityOfRun
    var found = try FoundCheckpoints(
      in: folder, of: rules, on: world
    ) { name, identity throws(TrainingError) in
      // What has ended has ended: when it would have ended now does not matter.
      let isFinished = name.progress == .finished
      let keys = isFinished ? changing.union(ConfigurationKey.changeableOnResume) : changing
      do throws(ExperimentError) {
        try configuration.check(
          identity, of: "\(folder.path(of: name))/manifest.json", own, changing: keys, path: path)
      } catch {
        throw .callerFailed("\(error)", isBadInput: error.isBadInput)
      }
      return identity.build == own.build
    }
    try found.removeUnneeded(in: folder, of: rules, on: world)
    found.noteFormerSettings { configuration.settings(of: $1, deciding: $0) }
    observer(.resumed(found))
    return found
  }

  private func keeper(_ found: FoundCheckpoints?) -> CheckpointKeeper? {
    guard configuration.training.checkpoint.isEnabled || start.isResumed else { return nil }
    return CheckpointKeeper(
      RunDirectory(path: path).checkpoints(configuration), configuration.training.checkpoint,
      identityOfRun, goingOnFrom: found?.checkpoints.map(\.name) ?? [],
      passingOver: found?.skipped.compactMap(\.name) ?? [],
      stallTimeoutInSeconds: configuration.training.stallTimeoutInSeconds)
  }

  /// The digest of the parameters, computed by rank 0: all ranks have the same, and tables are large.
  private func digest(of trainer: borrowing Trainer) throws -> String {
    var text: [UInt8] = []
    if world.rank == 0 {
      text = Array(parametersSHA256(trainer.model.layout.entries, of: trainer.parameters).utf8)
    }
    try world.broadcast(&text)
    return String(decoding: text, as: UTF8.self)
  }
}
