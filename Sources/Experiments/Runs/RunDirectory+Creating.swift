public import Checkpoints
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
    _ path: String, configuration: RunConfiguration, dataset: DatasetSource? = nil, overwrites: Bool
  ) throws(ExperimentError) -> (directory: RunDirectory, lock: RunLock) {
    try checkIsFree(path, overwrites: overwrites)
    let run = RunDirectory(path: withoutTrailingSlashes(path))
    let new = [run.configurationPath, run.datasetPath, run.lockPath, run.checkpointsPath, run.path]
      .filter { !FileManager.default.fileExists(atPath: $0) }
    do throws(ExperimentError) {
      try run.makeFolders()
      let lock = try RunLock.take(run, isNew: true)
      if overwrites { try run.removeResults() }
      try run.write(configuration)
      if let dataset { try run.write(dataset) }
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

  /// Opens the directory of a run that was interrupted, and takes its lock for as long as the second value lives.
  ///
  /// - Throws: If there is no run, or one that has finished or is being trained.
  static func reopen(
    _ path: String
  ) throws(ExperimentError) -> (directory: RunDirectory, lock: RunLock) {
    let run = try RunDirectory(interrupted: path)
    return (run, try RunLock.take(run, isNew: false))
  }

  /// Opens the directory of a run that has not finished.
  init(interrupted path: String) throws(ExperimentError) {
    self = try RunDirectory(existing: path)
    guard !isFinished else { throw .nothingToResume(path: path) }
    let published = [configurationPath, datasetPath, resultsPath, finalCheckpointPath]
    for file in published + published.map(TemporaryName.fixedPath) + [metricsPath, lockPath] {
      try checkIsRegular(file)
    }
  }

  /// Throws if something lies at the path of a file of the run, where a pipe would be waited for, and what a link leads
  /// to written over, that is no file.
  func checkIsRegular(_ file: String) throws(ExperimentError) {
    guard let kind = kindOfNonregularFile(at: file) else { return }
    throw .damaged(path: file, expected: "a regular file", reason: kind)
  }

  /// Throws if nothing can be written to the run's directory, or to its own directory of checkpoints, where its end is
  /// written as well.
  func checkIsWritable() throws(ExperimentError) {
    // A directory of checkpoints that is not there is made.
    for folder in [path, checkpointsPath] where isAnything(at: folder) {
      do {
        try checkDirectoryIsWritable(of: "\(folder)/file")
      } catch {
        throw .damaged(path: folder, expected: "a directory to write to", reason: error.reason)
      }
    }
  }

  /// Whether the run has its final figures.
  public var isFinished: Bool { FileManager.default.fileExists(atPath: resultsPath) }

  /// Begins the files of a run anew that is gone on with: its course is told again from the beginning.
  func restart(
    _ configuration: RunConfiguration, _ dataset: DatasetSource?
  ) throws(ExperimentError) {
    do {
      if FileManager.default.fileExists(atPath: metricsPath) { try removeFile(metricsPath) }
    } catch {
      throw .failed(action: "resume the run", path: metricsPath, reason: error.reason)
    }
    try write(configuration)
    // It may have another place now.
    if let dataset { try write(dataset) }
  }

  /// The data that the run is trained on.
  public func dataset() throws(ExperimentError) -> DatasetSource {
    try Self.read(datasetPath, expecting: "name, fingerprint and directory of a run's data")
  }

  private func write(_ dataset: DatasetSource) throws(ExperimentError) {
    try Self.write(dataset, toJSON: datasetPath)
  }

  private func makeFolders() throws(ExperimentError) {
    do {
      let missing = Self.missingDirectories(of: checkpointsPath)
      try FileManager.default.createDirectory(
        atPath: checkpointsPath, withIntermediateDirectories: true)
      // Their names, too, are there when the power goes.
      for directory in missing {
        try SystemFiles().synchronizeDirectory(
          URL(filePath: directory).deletingLastPathComponent().path)
      }
    } catch {
      throw .failed(action: "create the run", path: path, reason: error.reason)
    }
  }

  /// The directories on the way to a path, itself included, that are not there.
  private static func missingDirectories(of path: String) -> [String] {
    var missing: [String] = []
    var url = URL(filePath: path)
    while url.pathComponents.count > 1, !FileManager.default.fileExists(atPath: url.path) {
      missing.append(url.path)
      url.deleteLastPathComponent()
    }
    return missing
  }

  private func write(_ configuration: RunConfiguration) throws(ExperimentError) {
    do {
      try publish(Array(configuration.yaml.utf8), to: configurationPath, by: .fixed)
    } catch {
      throw .failed(
        action: "write the configuration", path: configurationPath, reason: error.reason)
    }
  }
}
