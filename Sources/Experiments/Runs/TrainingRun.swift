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

  /// Checks that the run can be made; writes nothing.
  ///
  /// - Parameters:
  ///   - configuration: model and training.
  ///   - dataset: the data.
  ///   - world: the ranks.
  ///   - path: the new run's directory; only rank 0 looks at it.
  /// - Throws: ``ExperimentError`` on rank 0 if the directory is taken.
  public init(
    _ configuration: RunConfiguration, dataset: Dataset, world: Communicator, path: String
  ) throws(ExperimentError) {
    self.configuration = configuration
    self.dataset = dataset
    self.world = world
    self.path = path
    if world.rank == 0 { try RunDirectory.checkIsFree(path) }
  }

  /// Trains all phases, and writes the run's directory from rank 0.
  ///
  /// - Parameter observer: told of every event, on every rank.
  /// - Returns: the results, the same on all ranks but for times.
  /// - Throws: ``Training/TrainingError``, or an error of the directory on rank 0.
  public func train(observer: @escaping (TrainingEvent) -> Void) throws -> RunResults {
    var trainer = try Trainer(
      configuration.model, training: configuration.training, seed: configuration.seed,
      dataset: dataset, world: world)
    let directory =
      world.rank == 0
      ? try RunDirectory(creating: path, configuration: configuration) : nil
    // The trainer's observer cannot throw: the first failure to write metrics is kept until the
    // results, which matter more, are safe.
    var failure: ExperimentError?
    let phases = try trainer.train { event in
      if case .evaluated(let record) = event, failure == nil {
        do throws(ExperimentError) {
          try directory?.appendMetrics(record)
        } catch {
          failure = error
        }
      }
      observer(event)
    }
    let results = RunResults(
      dataset: .init(
        name: dataset.description.name, fingerprint: dataset.fingerprint,
        directory: URL(filePath: dataset.directory).standardizedFileURL.path),
      ranks: world.size, phases: phases,
      parametersSHA256: parametersSHA256(
        trainer.model.layout.entries, of: trainer.parameters))
    if let directory {
      try TrainedModel.write(trainer, dataset: dataset, to: directory.finalCheckpointPath)
      try directory.writeResults(results)
    }
    if let failure { throw failure }
    return results
  }
}
