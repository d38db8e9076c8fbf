internal import Files
internal import Foundation

extension RunConfiguration {
  /// Reads a configuration from a file and the command line; what neither gives keeps its default.
  ///
  /// - Parameters:
  ///   - path: A YAML file, if there is one.
  ///   - overrides: Texts of the form `key=value`, which win over the file.
  /// - Throws: The first fault of the file or the command line.
  public init(path: String?, overrides: [String] = []) throws(ExperimentError) {
    guard let path else {
      try self.init(yaml: "", name: "", overrides: overrides)
      return
    }
    let bytes: Data
    do {
      bytes = Data(try contentsOfFile(path))
    } catch {
      throw .configuration(.file(path, line: nil), "cannot be read: \(error.reason)")
    }
    try self.init(yaml: try Self.text(bytes, name: path), name: path, overrides: overrides)
  }

  /// Reads a configuration from the text of a file and the command line.
  ///
  /// An override wins over the document, an override of all phases over the document's values of
  /// single ones too. Within each, a key of one phase wins over the same key of all phases.
  ///
  /// - Parameters:
  ///   - text: A YAML document; an empty one gives the defaults.
  ///   - name: What error messages call the document.
  ///   - overrides: Texts of the form `key=value`, which win over the document.
  /// - Throws: The first fault of the document or the command line.
  public init(
    yaml text: String, name: String, overrides: [String] = []
  ) throws(ExperimentError) {
    var assignments: [String: ConfigurationAssignment] = [:]
    var scratch = RunConfiguration()
    for assignment in try ConfigurationDocument(yaml: text, name: name).assignments {
      try assignment.apply(to: &scratch)
      assignments[assignment.key.name] = assignment
    }
    // The program writes a value for every key, used or not; by hand only what is meant is written.
    let isComplete = ConfigurationKey.unusedByCompat.allSatisfy { assignments[$0.name] != nil }
    for override in overrides {
      let assignment = try ConfigurationAssignment(override: override)
      try assignment.apply(to: &scratch)
      if let earlier = assignments[assignment.key.name], earlier.source == .override {
        throw .configuration(
          .override, key: assignment.key.name,
          "expected once, found \(earlier.value.found) and \(assignment.value.found)")
      }
      // It speaks for the phases too: the file's values of single phases give way to it.
      for key in ConfigurationKey.all where key.defaultText == assignment.key.name {
        if assignments[key.name]?.source != .override { assignments[key.name] = nil }
      }
      assignments[assignment.key.name] = assignment
    }
    self.init()
    for key in ConfigurationKey.all { try assignments[key.name]?.apply(to: &self) }
    try validate { key in assignments[key]?.source }
    try validateUse(of: assignments.values.filter { $0.source == .override || !isComplete })
  }

  /// The text of a file's bytes.
  private static func text(_ bytes: Data, name: String) throws(ExperimentError) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
    throw .configuration(
      .file(name, line: line.map { $0 + 1 }), "expected UTF-8 text, found other bytes")
  }
}
