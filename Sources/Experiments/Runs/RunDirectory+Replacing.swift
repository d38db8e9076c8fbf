internal import Foundation

extension RunDirectory {
  /// The files of a run, in the order in which they are removed: the configuration, which tells that
  /// it is a run, comes last.
  private static let files = [
    "results.json", "metrics.jsonl", "checkpoints/final.safetensors.partial",
    "checkpoints/final.safetensors", "config.yaml",
  ]

  /// Throws unless a directory holds a run, finished or not, and nothing else; changes nothing.
  static func checkIsRun(_ path: String) throws(ExperimentError) {
    let entries: [String]
    let type: Any?
    do {
      type = try FileManager.default.attributesOfItem(atPath: path)[.type]
      entries = try FileManager.default.subpathsOfDirectory(atPath: path)
    } catch {
      throw .failed(action: "list the directory", path: path, reason: error.reason)
    }
    guard type as? FileAttributeType == .typeDirectory else {
      throw .notReplaceable(path: path, found: "a link")
    }
    if let entry = entries.filter({ $0 != "checkpoints" && !files.contains($0) }).min() {
      throw .notReplaceable(path: path, found: "\(entry.escaped) in it")
    }
    let text = try? String(contentsOfFile: "\(path)/config.yaml", encoding: .utf8)
    guard text?.hasPrefix(RunConfiguration.heading) == true else {
      throw .notReplaceable(path: path, found: "no config.yaml of a run in it")
    }
  }

  /// Removes the files of a run, and nothing else; does nothing where nothing is.
  static func removeRun(at path: String) throws(ExperimentError) {
    for file in files.map({ "\(path)/\($0)" })
    where (try? FileManager.default.attributesOfItem(atPath: file)) != nil {
      do {
        try FileManager.default.removeItem(atPath: file)
      } catch {
        throw .failed(action: "replace the run", path: file, reason: error.reason)
      }
    }
  }
}
