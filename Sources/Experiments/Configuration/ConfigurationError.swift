/// A configuration that cannot be used, told in one line.
///
/// For example: `run.yaml:12: model.dropout: expected a number of at least 0 and below 1, found 1.5`.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where the fault was written.
  public let source: ConfigurationSource
  /// The dotted name of the key at fault, if it is a key that is.
  public let key: String?
  /// What was expected and what was found.
  public let problem: String

  /// Creates an error; `key` may be text from outside and is made to fit on the line.
  init(_ source: ConfigurationSource, key: String? = nil, _ problem: String) {
    self.source = source
    self.key = key.map(\.onOneLine)
    self.problem = problem
  }

  /// The place, the key and the problem, in one line.
  public var description: String {
    ["\(source)".escaped, key, problem].compactMap { $0 }.joined(separator: ": ")
  }
}

extension String {
  /// The text with line breaks and control characters escaped.
  var escaped: String {
    var line = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
        line += scalar.escaped(asASCII: true)
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }

  /// The text as part of a message: escaped, and shortened to 80 characters.
  var onOneLine: String {
    String(prefix(80)).escaped + (dropFirst(80).isEmpty ? "" : "…")
  }
}
