internal import Checkpoints
internal import Files
internal import Foundation

/// The directory that holds one run.
///
/// | file | contents |
/// |---|---|
/// | `config.yaml` | the complete configuration |
/// | `dataset.json` | which data it is trained on |
/// | `metrics.jsonl` | one JSON object per line, in the order of training |
/// | `results.json` | the final figures; absent until the run has finished |
/// | `checkpoints/final.safetensors` | the trained parameters |
/// | `checkpoints/<name>` | the directory of a checkpoint (``Checkpoints/CheckpointFolder``) |
/// | `run.lock` | nothing; a process that trains the run holds its lock |
///
/// Only rank 0 writes it.
public struct RunDirectory: Hashable, Sendable {
  /// The directory.
  public let path: String

  /// The file of the complete configuration.
  public var configurationPath: String { "\(path)/config.yaml" }
  /// The file that names the data.
  public var datasetPath: String { "\(path)/dataset.json" }
  /// The file with a line for each epoch.
  public var metricsPath: String { "\(path)/metrics.jsonl" }
  /// The file of the final figures.
  public var resultsPath: String { "\(path)/results.json" }
  /// The directory of the parameters' files.
  public var checkpointsPath: String { "\(path)/checkpoints" }
  /// The file of the trained parameters.
  public var finalCheckpointPath: String { "\(checkpointsPath)/final.safetensors" }
  /// The file whose lock tells that the run is being trained.
  var lockPath: String { "\(path)/run.lock" }

  init(path: String) { self.path = path }

  /// The checkpoints of a training with a configuration.
  func checkpoints(_ configuration: RunConfiguration) -> CheckpointFolder {
    let directory = configuration.training.checkpoint.directory
    return CheckpointFolder(path: directory.isEmpty ? checkpointsPath : directory)
  }

  /// Opens the directory of a run that was created before; throws if there is none.
  public init(existing path: String) throws(ExperimentError) {
    self.path = Self.withoutTrailingSlashes(path)
    guard FileManager.default.fileExists(atPath: configurationPath) else {
      throw .notARun(path: path, missing: "config.yaml")
    }
  }

  /// Throws if a new run cannot be written to a path; changes nothing.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - overwrites: Whether a run that is there, and nothing else, may be replaced.
  /// - Throws: If the path is taken, or a run there is being trained.
  public static func checkIsFree(
    _ path: String, overwrites: Bool = false
  ) throws(ExperimentError) {
    guard !isAnything(at: withoutTrailingSlashes(path)) || leadsSomewhere(path) else {
      throw .notADirectory(path: path, found: "a link that leads nowhere")
    }
    var isDirectory: ObjCBool = false
    var ancestor = URL(filePath: path).standardizedFileURL
    // Sound: Foundation sets the flag, whose address it gets for the call alone.
    while unsafe !FileManager.default.fileExists(atPath: ancestor.path, isDirectory: &isDirectory),
      ancestor.pathComponents.count > 1
    {
      ancestor.deleteLastPathComponent()
    }
    guard isDirectory.boolValue else {
      let kind = kindOfNonregularFile(at: ancestor.path) ?? "a file"
      throw .notADirectory(path: ancestor.path, found: kind)
    }
    guard ancestor.path == URL(filePath: path).standardizedFileURL.path else { return }
    try checkEntries(of: withoutTrailingSlashes(path), overwrites: overwrites)
  }

  private static func checkEntries(
    of path: String, overwrites: Bool
  ) throws(ExperimentError) {
    let entries = try entries(of: path)
    // What a process leaves that is killed while it makes the directory of a run.
    let isBeginning = entries.allSatisfy { entry in
      entry == "checkpoints"
        || ["run.lock", "config.yaml.partial"].contains(entry)
          && kindOfNonregularFile(at: "\(path)/\(entry)") == nil
    }
    if isBeginning, entries.contains("checkpoints"),
      try self.entries(of: "\(path)/checkpoints").isEmpty,
      !RunLock.isHeld(of: RunDirectory(path: path))
    {
      return
    }
    guard let entry = entries.min() else { return }
    if RunLock.isHeld(of: RunDirectory(path: path)) { throw .beingTrained(path: path) }
    if overwrites { return try checkIsRun(path) }
    guard (try? checkIsRun(path)) != nil else { throw .occupied(path: path, entry: entry) }
    throw entries.contains("results.json") ? .finished(path: path) : .interrupted(path: path)
  }

  /// The names in a directory.
  static func entries(of path: String) throws(ExperimentError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw .failed(action: "list the directory", path: path, reason: error.reason)
    }
  }

  static func withoutTrailingSlashes(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
