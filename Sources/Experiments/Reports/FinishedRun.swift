/// What a finished run was made with, and its figures.
public struct FinishedRun: Hashable, Sendable {
  /// The run's directory.
  public let path: String
  /// What the run was made with.
  public let configuration: RunConfiguration
  /// Its figures.
  public let results: RunResults

  /// Reads a run's directory.
  ///
  /// - Throws: If the run has not finished, or its figures or its configuration are damaged.
  public init(of run: RunDirectory) throws(ExperimentError) {
    self.init(
      path: run.path, configuration: try run.configuration(), results: try run.results())
  }

  /// Combines what was read.
  init(path: String, configuration: RunConfiguration, results: RunResults) {
    self.path = path
    self.configuration = configuration
    self.results = results
  }
}
