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
  /// - Throws: ``RunDirectoryError`` if the run has not finished or its figures are damaged, and
  ///   ``ConfigurationError`` if its configuration is.
  public init(of run: RunDirectory) throws {
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
