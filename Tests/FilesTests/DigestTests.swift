import Files
import Foundation
import TestSupport
import Testing

@Suite struct DigestTests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    // Longer than a block.
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func `a file has the digest of its bytes`(text: String, digest: String) throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/file"
    try Data(text.utf8).write(to: URL(filePath: path))
    let found = try MappedFile(path: path).sha256.map { String(format: "%02x", $0) }.joined()
    #expect(found == digest)
  }
}
