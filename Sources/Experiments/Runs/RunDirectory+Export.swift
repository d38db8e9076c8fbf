internal import Files
internal import Foundation

extension RunDirectory {
  /// Where weights are written unless told otherwise: beside the run's directory, under its name.
  ///
  /// - Parameter domain: The domain that is merged, if one is.
  /// - Returns: The path of a file.
  public func exportPath(mergingDomain domain: Int?) -> String {
    let isName = ![".", ".."].contains((path as NSString).lastPathComponent)
    let base = isName ? path : URL(filePath: path).standardizedFileURL.path
    let suffix = domain.map { "-domain-\($0)" } ?? ""
    return Self.withoutTrailingSlashes(base) + suffix + ".safetensors"
  }

  /// Throws if weights cannot be written to a file, as far as that can be told before; changes nothing.
  ///
  /// - Parameters:
  ///   - output: The file.
  ///   - overwrites: Whether a file that is there may be replaced, unless it is one of the run.
  /// - Throws: If the path is taken, or its directory cannot be written.
  public func checkExport(to output: String, overwrites: Bool) throws(ExperimentError) {
    if let kind = kindOfNonregularFile(at: output) { throw .notAFile(path: output, found: kind) }
    try checkIsNotOwn(output)
    guard overwrites || !FileManager.default.fileExists(atPath: output) else {
      throw .existing(path: output)
    }
    do {
      try checkDirectoryIsWritable(of: output)
    } catch {
      throw .failed(action: "write weights", path: output, reason: error.reason)
    }
  }

  /// Throws if a file that is to be written is one of the run, or would be among its checkpoints.
  public func checkIsNotOwn(_ output: String) throws(ExperimentError) {
    let own = [configurationPath, datasetPath, metricsPath, resultsPath, lockPath]
    guard !own.contains(where: { isSameFile($0, output) }) else {
      throw .notAFile(path: output, found: "a file of the run")
    }
    guard try !isCheckpoint(output) else {
      throw .notAFile(path: output, found: "a place in the run's checkpoints")
    }
  }

  /// Whether a file is, or would be, among the run's checkpoints.
  private func isCheckpoint(_ output: String) throws(ExperimentError) -> Bool {
    let folder = (output as NSString).deletingLastPathComponent
    return [checkpointsPath, checkpoints(try configuration()).path].contains {
      Self.isPath(folder.isEmpty ? "." : folder, atOrBelow: $0)
    }
  }

  /// Whether a path is that of a directory or of something in it, over links as well.
  static func isPath(_ path: String, atOrBelow directory: String) -> Bool {
    func components(_ path: String) -> [String] {
      URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().pathComponents
    }
    return components(path).starts(with: components(directory))
  }
}
