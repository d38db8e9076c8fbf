extension RunConfiguration {
  /// The first line of the file, by which a run's configuration is known.
  static let heading =
    "# A run of moe-mlora is repeated by this file on the same data, on any number of ranks."

  /// The complete configuration as a YAML document: every key in the table's order, each value
  /// resolved, units as comments.
  ///
  /// Reading the document gives an equal configuration, and equal configurations give equal bytes.
  public var yaml: String {
    ([Self.heading, "# `moe-mlora configuration` explains the keys."] + lines(of: { _ in true }))
      .joined(separator: "\n") + "\n"
  }

  /// What results depend on, as ``yaml`` without the other keys and without the lines that tell what it
  /// is: two runs of equal data are the same if these texts are.
  public var decidingYAML: String {
    lines(of: \.decidesResults).joined(separator: "\n") + "\n"
  }

  private func lines(of isWritten: (ConfigurationKey) -> Bool) -> [String] {
    var lines: [String] = []
    var sections: [String] = []
    for key in ConfigurationKey.all where key.isStored && isWritten(key) {
      let shared = zip(sections, key.sections).prefix { $0 == $1 }.count
      for depth in key.sections.indices.dropFirst(shared) {
        if depth == 0 { lines.append("") }
        lines.append(Self.indentation(depth) + "\(key.sections[depth]):")
      }
      sections = key.sections
      let unit = key.unit.map { "  # \($0)" } ?? ""
      lines.append(
        Self.indentation(sections.count) + "\(key.lastComponent): \(key.text(self))\(unit)")
    }
    return lines
  }

  private static func indentation(_ depth: Int) -> String {
    String(repeating: "  ", count: depth)
  }
}
