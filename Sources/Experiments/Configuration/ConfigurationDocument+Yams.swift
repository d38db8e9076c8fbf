internal import Files
internal import Foundation
internal import Yams

extension ConfigurationValue {
  /// What a node of a file says.
  init(_ node: Node) {
    switch node {
    case .scalar(let scalar):
      self = scalar.style == .plain ? .plain(scalar.string) : .quoted(scalar.string)
    case .sequence(let sequence): self = .list(sequence.map(ConfigurationValue.init))
    case .mapping, .alias: self = .mapping
    }
  }
}

extension Node {
  /// Whether this is the value of a document, a section or a key after which nothing is written.
  var isNothing: Bool {
    guard let scalar else { return false }
    return scalar.style == .plain && scalar.string.isEmpty
  }

  /// Whether a tag such as `!!str` is written before a value.
  ///
  /// The parser itself tags quoted scalars as text.
  var hasExplicitTag: Bool {
    let (tag, ordinary): (Tag, Tag.Name) =
      switch self {
      case .scalar(let scalar): (scalar.tag, scalar.style == .plain ? .implicit : .str)
      case .sequence(let sequence): (sequence.tag, .implicit)
      case .mapping(let mapping): (mapping.tag, .implicit)
      case .alias(let alias): (alias.tag, .implicit)
      }
    return tag.rawValue != ordinary.rawValue
  }
}

extension ExperimentError {
  /// What the YAML parser found in a text, with its line.
  ///
  /// The parser places what is missing at the end after the last line; that counts as the last one.
  init(_ error: YamlError, in text: String, name: String) {
    let (line, problem): (Int?, String) =
      switch error {
      case .scanner(let context, let problem, let mark, _),
        .parser(let context, let problem, let mark, _),
        .composer(let context, let problem, let mark, _):
        (mark.line, [context?.text, problem].compactMap { $0 }.joined(separator: ", "))
      case .reader(let problem, let offset, _, let yaml):
        (offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }, problem)
      case .duplicatedKeysInMapping(let duplicates, let context):
        (
          Self.lineOfRepetition(of: duplicates.first ?? "", after: context.mark, in: text),
          "expected \((duplicates.first ?? "").onOneLine) once, found it again"
        )
      default: (nil, "\(error)".onOneLine)
      }
    let lineCount = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
    self = .configuration(
      .file(name, line: line.map { min($0, lineCount) }), "invalid YAML: \(problem)")
  }

  /// The line on which a key stands again, of which the parser tells the first place only: the next with
  /// the key in the same column, or in braces that of the first.
  private static func lineOfRepetition(of key: String, after first: Mark, in text: String) -> Int {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let indentation = String(repeating: " ", count: max(0, first.column - 1))
    let spellings = [key, "\"\(key)\"", "'\(key)'"].map { indentation + $0 }
    let next = lines.indices.dropFirst(first.line).first { index in
      spellings.contains { spelling in
        lines[index].hasPrefix(spelling)
          && lines[index].dropFirst(spelling.count).first { $0 != " " } == ":"
      }
    }
    return next.map { $0 + 1 } ?? first.line
  }
}
