internal import Files
internal import Foundation

/// What was written for a key, before it is known what the key expects.
enum ConfigurationValue: Hashable, Sendable {
  /// An unquoted scalar of a file: a number, a word, or empty.
  case plain(String)
  /// A quoted or block scalar of a file: text, never a number.
  case quoted(String)
  /// A list of a file.
  case list([ConfigurationValue])
  /// A mapping of a file.
  case mapping
  /// The text after `=` on the command line, which may stand for a scalar or for a list.
  case text(String)

  /// What an error message says was found.
  var found: String {
    switch self {
    case .plain(""), .text(""): "nothing"
    case .plain(let text), .text(let text): text.onOneLine
    case .quoted(let text): "the text \"\(text.onOneLine)\""
    case .list(let values): "the list [\(values.map(\.found).joined(separator: ", "))]".onOneLine
    case .mapping: "a mapping"
    }
  }

  /// The characters of a number, if this may be one.
  var number: String? {
    switch self {
    case .plain(let text), .text(let text): text
    case .quoted, .list, .mapping: nil
    }
  }

  /// The word this is, if it is a single scalar.
  var word: String? {
    switch self {
    case .plain(let text), .quoted(let text), .text(let text): text
    case .list, .mapping: nil
    }
  }

  /// The elements of the list this is; on the command line the brackets may be left out.
  var elements: [ConfigurationValue]? {
    switch self {
    case .list(let values): values
    case .text(let text): Self.elements(ofText: text)
    case .plain, .quoted, .mapping: nil
    }
  }

  private static func elements(ofText text: String) -> [ConfigurationValue] {
    var content = text.trimmingCharacters(in: .whitespaces)
    if content.hasPrefix("["), content.hasSuffix("]") {
      content = String(content.dropFirst().dropLast())
    }
    guard content.contains(where: { $0 != " " }) else { return [] }
    return content.components(separatedBy: ",").map { part in
      .text(part.trimmingCharacters(in: .whitespaces))
    }
  }
}
