internal import FoundationEssentials

/// Members of a JSON object as text, which is made once for many manifests.
///
/// Of the time that publishing a small checkpoint takes, making all of the manifest's text was a third, and more with
/// every evaluation in it.
public struct EncodedMembers: Sendable {
  /// The members with commas between them; at least one.
  let text: [UInt8]

  /// Encodes the members of a value that is an object, and has members.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - path: The file it is for.
  /// - Throws: ``CheckpointError/unexpected(file:key:expected:found:)`` for a number that JSON does not have.
  public init(of value: some Encodable, for path: String) throws(CheckpointError) {
    text = try encoded(value, for: path).dropFirst().dropLast()
  }

  /// States them.
  fileprivate init(text: [UInt8]) { self.text = text }
}

/// Elements of a JSON array as text, to which others are added.
public struct EncodedElements: Sendable {
  private var text: [UInt8] = []
  /// How many there are.
  public private(set) var count = 0

  /// Begins an empty array.
  public init() {}

  /// Adds an element.
  ///
  /// - Parameters:
  ///   - value: The element.
  ///   - path: The file it is for.
  /// - Throws: As ``EncodedMembers/init(of:for:)``.
  public mutating func append(
    _ value: some Encodable, for path: String
  ) throws(CheckpointError) {
    if count > 0 { text.append(UInt8(ascii: ",")) }
    text += try encoded(value, for: path)
    count += 1
  }

  /// The array as the only member of an object; the key has no character that JSON writes otherwise.
  public func member(_ key: String) -> EncodedMembers {
    EncodedMembers(text: Array("\"\(key)\":[".utf8) + text + [UInt8(ascii: "]")])
  }
}

/// A value's JSON; equal values have the same.
func encoded(_ value: some Encodable, for path: String) throws(CheckpointError) -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  do {
    return Array(try encoder.encode(value))
  } catch {
    throw .unexpected(
      file: path, key: "manifest", expected: "numbers that JSON has", found: summary(of: error))
  }
}
