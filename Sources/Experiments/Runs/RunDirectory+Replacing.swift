internal import Checkpoints
internal import Files
internal import Foundation

extension RunDirectory {
  /// What training leaves, in the order in which it is removed.
  private static let results = [
    "results.json", "metrics.jsonl", "dataset.json", "checkpoints/final.safetensors",
  ]
  /// The file by which a run is known: it is replaced in one step, and never missing.
  private static let configuration = "config.yaml"
  /// What an interrupted publication may have left.
  private static let leftovers = (results + [configuration]).map(TemporaryName.fixedPath)
  private static let files = results + leftovers + [configuration, "run.lock"]

  /// Throws unless a directory holds a run, finished or not, and nothing else; changes nothing.
  ///
  /// The configuration is looked at first, so that nothing large is listed only to be refused.
  static func checkIsRun(_ path: String) throws(ExperimentError) {
    guard isFolder(path) else { throw .notReplaceable(path: path, found: "a link") }
    guard isConfiguration("\(path)/\(configuration)") else {
      throw .notReplaceable(path: path, found: "no config.yaml of a run in it")
    }
    // The first thing that a run makes; somebody's own configuration has the same heading.
    guard isFolder("\(path)/checkpoints") else {
      throw .notReplaceable(path: path, found: "no directory checkpoints in it")
    }
    let entries =
      try entries(of: path) + entries(of: "\(path)/checkpoints").map { "checkpoints/\($0)" }
    let folder = CheckpointFolder(path: "\(path)/checkpoints")
    let checkpoints = Set(try directories(of: folder).map { "checkpoints/\($0)" })
    let others = entries.filter { entry in
      entry != "checkpoints" && !(files.contains(entry) && isFile("\(path)/\(entry)"))
        && !(checkpoints.contains(entry) && isFolder("\(path)/\(entry)"))
    }
    if let entry = others.min() {
      throw .notReplaceable(path: path, found: "\(entry.escaped) in it")
    }
    if let file = try foreignFile(of: folder) {
      throw .notReplaceable(path: path, found: "checkpoints/\(file.escaped) in it")
    }
  }

  private static func foreignFile(of folder: CheckpointFolder) throws(ExperimentError) -> String? {
    do throws(CheckpointError) {
      return try folder.foreignFile
    } catch {
      throw .unlistable(path: folder.path, reason: error.reason)
    }
  }

  /// The names of all checkpoints and leftovers.
  static func directories(of folder: CheckpointFolder) throws(ExperimentError) -> [String] {
    do throws(CheckpointError) {
      return try folder.directories
    } catch {
      throw .unlistable(path: folder.path, reason: error.reason)
    }
  }

  /// Removes what training has left, and nothing else; does nothing where nothing is.
  func removeResults() throws(ExperimentError) {
    for file in (Self.results + Self.leftovers).map({ "\(path)/\($0)" }) where Self.isFile(file) {
      do {
        try removeFile(file)
      } catch {
        throw .failed(action: "replace the run", path: file, reason: error.reason)
      }
    }
    do {
      try CheckpointFolder(path: checkpointsPath).removeAll()
    } catch {
      throw .failed(action: "replace the run", path: checkpointsPath, reason: "\(error)")
    }
  }

  private static func isConfiguration(_ path: String) -> Bool {
    guard isFile(path) else { return false }
    let heading = Data(RunConfiguration.heading.utf8)
    let file = try? FileHandle(forReadingFrom: URL(filePath: path))
    defer { try? file?.close() }  // Only read from: closing has nothing to lose.
    return (try? file?.read(upToCount: heading.count)) == heading
  }

  private static func isFile(_ path: String) -> Bool { type(of: path) == .typeRegular }

  private static func isFolder(_ path: String) -> Bool { type(of: path) == .typeDirectory }

  /// What lies at a path; a link is a link, wherever it leads.
  private static func type(of path: String) -> FileAttributeType? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.type] as? FileAttributeType
  }
}
