internal import Files
internal import Kernels

/// A JSON object as the text of a file that tells whether it is whole: its last member, `sha256`, is the SHA-256 of all
/// bytes before that member.
///
/// A file of its own for the digest took a tenth of the time of writing a checkpoint of 2 MB: each is waited for until it
/// is on the storage device.
package enum SealedObject {
  /// What comes before the digits, and behind them.
  private static let (head, tail) = (Array(#","sha256":""#.utf8), Array("\"}\n".utf8))
  private static let sealSize = head.count + 64 + tail.count

  /// What is wrong with a text that should be a sealed object.
  package enum Fault: Hashable {
    /// It does not end with a digest.
    case notSealed
    /// It ends with the digest of another text.
    case differs(expected: String, found: String)
  }

  /// An object of some members, at least one, with spaces in it so that the text's size is a multiple of `block`.
  package static func text(_ members: [EncodedMembers], multipleOf block: Int) -> [UInt8] {
    var text = [UInt8(ascii: "{")] + members.map(\.text).joined(separator: [UInt8(ascii: ",")])
    let spaces = block - 1 - (text.count + sealSize - 1) % block
    text += [UInt8](repeating: UInt8(ascii: " "), count: spaces)
    return text + head + hexadecimal(digest(of: text[...])).utf8 + tail
  }

  /// What is wrong with a text; `nil` if it is whole.
  package static func fault(of text: [UInt8]) -> Fault? {
    let (rest, seal) = (text.dropLast(sealSize), text.suffix(sealSize))
    guard seal.count == sealSize, seal.starts(with: head), seal.suffix(tail.count) == tail[...]
    else { return .notSealed }
    let found = String(decoding: seal.dropFirst(head.count).dropLast(tail.count), as: UTF8.self)
    let expected = hexadecimal(digest(of: rest))
    return found == expected ? nil : .differs(expected: expected, found: found)
  }

  private static func digest(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    var digest = ByteDigest()
    digest.update(bytes.span.rawBytes)
    return digest.bytes
  }
}
