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
