internal import Files

/// A value given to a key, and where.
struct ConfigurationAssignment: Sendable {
  /// The key.
  let key: ConfigurationKey
  /// What was written.
  let value: ConfigurationValue
  /// Where it was written.
  let source: ConfigurationSource

  /// Records the value written for a name; throws if there is no key of that name.
  init(
    name: String, value: ConfigurationValue, source: ConfigurationSource
  ) throws(ExperimentError) {
    guard let key = ConfigurationKey.named(name) else {
      throw .unknownKey(name, value: value, source)
    }
    self.key = key
    self.value = value
    self.source = source
  }

  /// Reads one `key=value` of the command line.
  init(override text: String) throws(ExperimentError) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw .configuration(.override, "expected key=value, found \"\(text.onOneLine)\"")
    }
    try self.init(
      name: String(text[..<equals]), value: .text(String(text[text.index(after: equals)...])),
      source: .override)
  }

  /// Sets the key's value in a configuration; throws if it is not what the key expects.
  func apply(to configuration: inout RunConfiguration) throws(ExperimentError) {
    guard key.read(value, &configuration) else {
      throw .configuration(
        source, key: key.name, "expected \(key.expectation), found \(value.found)")
    }
  }
}

extension ExperimentError {
  /// The error for a name that is no key.
  static func unknownKey(
    _ name: String, value: ConfigurationValue, _ source: ConfigurationSource
  ) -> Self {
    if ConfigurationKey.sections.contains(name) {
      return .configuration(source, key: name, "expected a mapping of keys, found \(value.found)")
    }
    let advice =
      ConfigurationKey.nearest(to: name).map { meant in
        // Where no mapping was written a section cannot be meant, but one of its keys can.
        guard value != .mapping, let key = ConfigurationKey.first(in: meant) else {
          return "did you mean `\(meant)`?"
        }
        return "did you mean a key of `\(meant)`, such as `\(key.name)`?"
      } ?? "`moe-mlora configuration` lists the known ones"
    return .configuration(source, key: name, "unknown key, given \(value.found); \(advice)")
  }
}
