internal import Files
internal import Foundation

extension RunDirectory {
  /// Creates the directory of a new run and writes its configuration.
  ///
  /// Call it when all input has been checked: what fails before leaves no trace, and what fails
  /// within removes what it made.
  ///
  /// - Parameters:
  ///   - path: A directory that does not exist or is empty.
  ///   - configuration: The configuration of the run.
  ///   - overwrites: Whether a run that is there, and nothing else, may be replaced.
  /// - Throws: If the path is taken or cannot be written.
  public init(
    creating path: String, configuration: RunConfiguration, overwrites: Bool = false
  ) throws(ExperimentError) {
    try Self.checkIsFree(path, overwrites: overwrites)
    self.init(path: Self.withoutTrailingSlashes(path))
    let new = [configurationPath, checkpointsPath, self.path]
      .filter { !FileManager.default.fileExists(atPath: $0) }
    do throws(ExperimentError) {
      try makeFolders()
      if overwrites { try removeResults() }
      try write(configuration)
    } catch {
      // Nothing can be done about what cannot be removed; the first failure is the one to tell.
      for path in new { try? FileManager.default.removeItem(atPath: path) }
      throw error
    }
  }

  private func makeFolders() throws(ExperimentError) {
    do {
      try FileManager.default.createDirectory(
        atPath: checkpointsPath, withIntermediateDirectories: true)
    } catch {
      throw .failed(action: "create the run", path: path, reason: error.reason)
    }
  }

  private func write(_ configuration: RunConfiguration) throws(ExperimentError) {
    do {
      try publish(Array(configuration.yaml.utf8), to: configurationPath, by: .fixed)
    } catch {
      throw .failed(action: "create the run", path: path, reason: error.reason)
    }
  }
}
