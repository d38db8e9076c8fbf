import Files
import Foundation
import Kernels

/// The text of a manifest, with the SHA-256 of all that is before it as its last member, as the README says.
public enum SealedManifest {
  /// The text of an object without that member.
  public static func members(of text: String) -> String {
    text.replacing(/,"sha256":"[0-9a-f]{64}"}\n$/, with: "")
  }

  /// An object of some members with a digest that fits: `{` and the members, without what would end it.
  public static func text(_ members: String) -> String {
    var digest = ByteDigest()
    digest.update(Array(members.utf8).span.rawBytes)
    return "\(members),\"sha256\":\"\(hexadecimal(digest.bytes))\"}\n"
  }

  /// Writes a checkpoint's manifest that has the members of another one.
  public static func write(_ text: String, to folder: String) throws {
    try Data(self.text(members(of: text)).utf8).write(to: URL(filePath: "\(folder)/manifest.json"))
  }
}
