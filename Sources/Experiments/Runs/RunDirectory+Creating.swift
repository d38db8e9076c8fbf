internal import Files
internal import Foundation

extension RunDirectory {
  /// Creates the directory of a new run and writes its configuration.
  ///
  /// Call it when all input has been checked: what fails before leaves no trace, and what fails
  /// within removes what it made. Nobody is told that the run is being trained.
  ///
  /// - Parameters:
  ///   - path: A directory that does not exist or is empty.
  ///   - configuration: The configuration of the run.
  ///   - overwrites: Whether a run that is there, and nothing else, may be replaced.
  /// - Throws: If the path is taken or cannot be written.
  public init(
    creating path: String, configuration: RunConfiguration, overwrites: Bool = false
  ) throws(ExperimentError) {
    self = try Self.create(path, configuration: configuration, overwrites: overwrites).directory
  }

  /// Creates the directory of a new run as ``init(creating:configuration:overwrites:)``, and takes its
  /// lock for as long as the second value lives.
  static func create(
    _ path: String, configuration: RunConfiguration, overwrites: Bool
  ) throws(ExperimentError) -> (directory: RunDirectory, lock: RunLock) {
    try checkIsFree(path, overwrites: overwrites)
    let run = RunDirectory(path: withoutTrailingSlashes(path))
    let new = [run.configurationPath, run.lockPath, run.checkpointsPath, run.path]
      .filter { !FileManager.default.fileExists(atPath: $0) }
    do throws(ExperimentError) {
      try run.makeFolders()
      let lock = try RunLock(taking: run)
      if overwrites { try run.removeResults() }
      try run.write(configuration)
      return (run, lock)
    } catch .beingTrained(let path) {
      // Another process was faster: what is there now is its own.
      throw .beingTrained(path: path)
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
