internal import Files
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
  public init<Value: Encodable>(of value: Value, for path: String) throws(CheckpointError) {
    let object = try encoded(value, for: path)
    precondition(
      object.first == UInt8(ascii: "{") && object.count > 2, "no members of \(Value.self)")
    text = object.dropFirst().dropLast()
  }

  /// States their text.
  init(text: [UInt8]) { self.text = text }
}

/// A value's JSON; equal values have the same.
func encoded(_ value: some Encodable, for path: String) throws(CheckpointError) -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  do {
    return Array(try encoder.encode(value))
  } catch {
    throw .unexpected(
      file: path, key: "manifest", expected: "numbers that JSON has", found: faultInJSON(error))
  }
}
