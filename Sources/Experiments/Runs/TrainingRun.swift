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
  private let overwrites: Bool
  private let identity: RankIdentity

  /// Checks that the run can be made; writes nothing.
  ///
  /// - Parameters:
  ///   - configuration: model and training.
  ///   - dataset: the data.
  ///   - world: the ranks.
  ///   - path: the new run's directory; only rank 0 looks at it.
  ///   - overwrites: whether a run in that directory is replaced.
  ///   - identity: the build and the processor of this rank, compared with the others'.
  /// - Throws: ``ExperimentError`` on rank 0 if the directory is taken.
  public init(
    _ configuration: RunConfiguration, dataset: Dataset, world: Communicator, path: String,
    overwrites: Bool = false, identity: RankIdentity
  ) throws(ExperimentError) {
    self.configuration = configuration
    self.dataset = dataset
    self.world = world
    self.path = path
    self.overwrites = overwrites
    self.identity = identity
    if world.rank == 0 { try RunDirectory.checkIsFree(path, overwrites: overwrites) }
  }

  /// Trains all phases, and writes the run's directory from rank 0.
  ///
  /// The directory is made, or the run in it replaced, when training begins: what is found wrong
  /// before leaves it as it is. A metric that cannot be written ends the run at once: its course would
  /// be lost.
  ///
  /// - Parameter observer: told of every event, on every rank.
  /// - Returns: the results, the same on all ranks but for times.
  /// - Throws: ``Training/TrainingError``, or an error of the final files on rank 0.
  public func train(observer: @escaping (TrainingEvent) -> Void) throws -> RunResults {
    var trainer = try Trainer(
      configuration.model, training: configuration.training, seed: configuration.seed,
      dataset: dataset, world: world, identity: identity)
    let writer =
      world.rank == 0
      ? RunWriter(path, configuration: configuration, overwrites: overwrites) : nil
    let phases = try trainer.train { event throws(TrainingError) in
      if case .evaluated(let record) = event {
        do throws(ExperimentError) {
          try writer?.append(record)
        } catch {
          throw .observerFailed("\(error)")
        }
      }
      observer(event)
    }
    let results = RunResults(
      dataset: .init(
        name: dataset.description.name, fingerprint: dataset.fingerprint,
        directory: URL(filePath: dataset.directory).standardizedFileURL.path),
      ranks: world.size, phases: phases,
      parametersSHA256: try digest(of: trainer))
    try writer?.finish(trainer, dataset: dataset, results: results)
    return results
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
