internal import Foundation
internal import Files

/// The directory that holds one run.
///
/// | file | contents |
/// |---|---|
/// | `config.yaml` | the complete configuration |
/// | `metrics.jsonl` | one JSON object per line, in the order of training |
/// | `results.json` | the final figures; absent until the run has finished |
/// | `checkpoints/final.safetensors` | the trained parameters |
///
/// Only rank 0 writes it.
public struct RunDirectory: Hashable, Sendable {
  /// The directory.
  public let path: String

  /// The file of the complete configuration.
  public var configurationPath: String { "\(path)/config.yaml" }
  /// The file with a line for each epoch.
  public var metricsPath: String { "\(path)/metrics.jsonl" }
  /// The file of the final figures.
  public var resultsPath: String { "\(path)/results.json" }
  /// The directory of the parameters' files.
  public var checkpointsPath: String { "\(path)/checkpoints" }
  /// The file of the trained parameters.
  public var finalCheckpointPath: String { "\(checkpointsPath)/final.safetensors" }

  /// Opens the directory of a run that was created before; throws if there is none.
  public init(existing path: String) throws(ExperimentError) {
    self.path = Self.withoutTrailingSlashes(path)
    guard FileManager.default.fileExists(atPath: configurationPath) else {
      throw .notARun(path: path, missing: "config.yaml")
    }
  }

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
    self.path = Self.withoutTrailingSlashes(path)
    if overwrites { try Self.removeRun(at: self.path) }
    let existed = FileManager.default.fileExists(atPath: self.path)
    do {
      let directory = URL(filePath: checkpointsPath, directoryHint: .isDirectory)
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      try publish(Array(configuration.yaml.utf8), to: configurationPath, by: .fixed)
    } catch {
      for made in existed ? [configurationPath, checkpointsPath] : [self.path] {
        // Nothing can be done about what cannot be removed; the first failure is the one to tell.
        try? FileManager.default.removeItem(atPath: made)
      }
      throw .failed(action: "create the run", path: self.path, reason: error.reason)
    }
  }

  /// Throws if a new run cannot be written to a path; changes nothing.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - overwrites: Whether a run that is there, and nothing else, may be replaced.
  /// - Throws: If the path is taken.
  public static func checkIsFree(
    _ path: String, overwrites: Bool = false
  ) throws(ExperimentError) {
    var isDirectory: ObjCBool = false
    var ancestor = URL(filePath: path).standardizedFileURL
    while unsafe !FileManager.default.fileExists(atPath: ancestor.path, isDirectory: &isDirectory),
      ancestor.pathComponents.count > 1
    {
      ancestor.deleteLastPathComponent()
    }
    guard isDirectory.boolValue else { throw .notADirectory(path: ancestor.path) }
    guard ancestor.path == URL(filePath: path).standardizedFileURL.path else { return }
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw .failed(action: "list the directory", path: path, reason: error.reason)
    }
    guard let entry = entries.min() else { return }
    if overwrites { return try checkIsRun(withoutTrailingSlashes(path)) }
    if !entries.contains("results.json"), (try? checkIsRun(withoutTrailingSlashes(path))) != nil {
      throw .interrupted(path: path)
    }
    throw .occupied(path: path, entry: entry)
  }

  private static func withoutTrailingSlashes(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
