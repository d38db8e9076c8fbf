internal import Files
internal import Foundation
internal import Yams

/// The assignments of a YAML file, in the order of the file.
///
/// A document is a mapping of keys and sections; a dotted name stands for nested sections. What has
/// no use in a configuration is refused: anchors, aliases, tags and several documents.
struct ConfigurationDocument {
  /// The values the file gives, no key twice.
  private(set) var assignments: [ConfigurationAssignment] = []
  private let name: String

  /// Reads a document; an empty one has no assignments.
  ///
  /// - Parameters:
  ///   - text: The document.
  ///   - name: What error messages call the file.
  /// - Throws: The first fault of the document.
  init(yaml text: String, name: String) throws(ExperimentError) {
    self.name = name
    try Self.checkSize(of: text, name: name)
    // The parser keeps a pointer to the text, which must therefore not be a small string.
    let padded = text + "\n" + String(repeating: " ", count: 16)
    do {
      let parser = try Yams.Parser(yaml: padded, resolver: .basic, encoding: .utf8)
      // A node's anchor is known as long as its parser exists.
      let root = try parser.singleRoot()
      try withExtendedLifetime(parser) {
        if let root, !root.isNothing { try read(root, name: nil, line: root.mark?.line) }
      }
    } catch let error as YamlError {
      throw ExperimentError(error, in: text, name: name)
    } catch let error as ExperimentError {
      throw error
    } catch {
      throw .configuration(.file(name, line: nil), "\(error)".onOneLine)
    }
  }

  /// Takes in a section, or the value of a key, whose name stands on a line; the root has no name.
  private mutating func read(
    _ node: Node, name: String?, line: Int?
  ) throws(ExperimentError) {
    let source = ConfigurationSource.file(self.name, line: line)
    try check(node, key: name, source)
    guard let mapping = node.mapping, name.flatMap(ConfigurationKey.named) == nil else {
      return try assign(ConfigurationValue(node), to: name, source)
    }
    if let name, !ConfigurationKey.sections.contains(name) {
      throw .unknownKey(name, value: .mapping, source)
    }
    for (key, value) in mapping {
      let place = ConfigurationSource.file(self.name, line: key.mark?.line)
      guard let component = key.scalar?.string, key.anchor == nil else {
        throw .configuration(
          place, key: name, "expected a key, found \(ConfigurationValue(key).found)")
      }
      let path = [name, component].compactMap { $0 }.joined(separator: ".")
      try read(value, name: path, line: key.mark?.line)
    }
  }

  private mutating func assign(
    _ value: ConfigurationValue, to name: String?, _ source: ConfigurationSource
  ) throws(ExperimentError) {
    guard let name else {
      throw .configuration(source, "expected a mapping of keys, found \(value.found)")
    }
    let assignment = try ConfigurationAssignment(name: name, value: value, source: source)
    if let first = assignments.first(where: { $0.key.name == name }) {
      throw .configuration(
        source, key: name, "expected once, found \(value.found) after \(first.source)")
    }
    assignments.append(assignment)
  }

  /// Throws if a value, or an element of a list, has an anchor or a tag.
  private func check(
    _ node: Node, key: String?, _ source: ConfigurationSource
  ) throws(ExperimentError) {
    guard node.anchor == nil else {
      throw .configuration(source, key: key, "expected a value, found an anchor or an alias")
    }
    guard !node.hasExplicitTag else {
      throw .configuration(source, key: key, "expected a value, found a tag")
    }
    for element in node.sequence.map(Array.init) ?? [] {
      try check(element, key: key, source)
    }
  }
}

extension ConfigurationDocument {
  /// Bounds what the parser's recursion and the memory of a document depend on; a complete
  /// configuration stays far below each bound.
  private static func checkSize(of text: String, name: String) throws(ExperimentError) {
    let (bytes, lineLength, brackets) = (65_536, 1000, 100)
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    if let index = lines.firstIndex(where: { $0.count > lineLength }) {
      throw .configuration(
        .file(name, line: index + 1),
        "expected a line of at most \(lineLength) bytes, found \(lines[index].count)")
    }
    let file = ConfigurationSource.file(name, line: nil)
    guard text.utf8.count <= bytes else {
      throw .configuration(
        file, "expected at most \(bytes) bytes, found \(text.utf8.count)")
    }
    let opened = text.utf8.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }
    guard opened <= brackets else {
      throw .configuration(
        file, "expected at most \(brackets) opening brackets, found \(opened)")
    }
  }
}
