package import Checkpoints
import Datasets
import Training

/// Writes the directory of one training, on rank 0.
///
/// Nothing is made or replaced before the first record of the training comes, or it begins without one: by then its
/// input has been checked, and its memory is there. The run's lock is held as long as the writer lives.
package final class RunWriter {
  private let path: String
  private let configuration: RunConfiguration
  private let dataset: DatasetSource?
  private let overwrites: Bool
  private var opened: (directory: RunDirectory, lock: RunLock)?
  /// The lock of a directory of checkpoints that is not in the run's own.
  private var place: RunLock?

  /// Prepares to write; the parameters are those of ``RunDirectory/init(creating:configuration:overwrites:)``.
  package init(
    _ path: String, configuration: RunConfiguration, dataset: DatasetSource? = nil,
    overwrites: Bool
  ) {
    self.path = path
    self.configuration = configuration
    self.dataset = dataset
    self.overwrites = overwrites
  }

  /// Takes the lock of a run that was interrupted; ``restart()`` comes before its first record.
  package init(
    resuming path: String, configuration: RunConfiguration, dataset: DatasetSource
  ) throws(ExperimentError) {
    self.path = path
    self.configuration = configuration
    self.dataset = dataset
    overwrites = false
    opened = try RunDirectory.reopen(path)
    place = try CheckpointPlace(configuration)?.take(isNew: false)
  }

  /// Begins the files of an interrupted run anew; what its checkpoints know is recorded again.
  package func restart() throws(ExperimentError) {
    try opened?.directory.restart(configuration, dataset)
  }

  /// Makes the directory, unless it has been made.
  package func begin() throws(ExperimentError) { _ = try directory() }

  /// Adds a record to the metrics; the first one makes the directory.
  package func append(_ record: some Encodable) throws(ExperimentError) {
    try directory().appendMetrics(record)
  }

  /// Writes the trained parameters and the final figures.
  func finish(
    _ trainer: borrowing Trainer, dataset: Dataset, results: RunResults
  ) throws {
    let directory = try directory()
    try TrainedModel.write(trainer, dataset: dataset, to: directory.finalCheckpointPath)
    try directory.writeResults(results)
  }

  private func directory() throws(ExperimentError) -> RunDirectory {
    if let opened { return opened.directory }
    place = try CheckpointPlace(configuration)?.take(isNew: true)
    let new = try RunDirectory.create(
      path, configuration: configuration, dataset: dataset, overwrites: overwrites)
    opened = new
    return new.directory
  }
}
