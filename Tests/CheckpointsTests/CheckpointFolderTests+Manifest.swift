import Checkpoints
import Foundation
import TestSupport
import Testing

// What tells a manifest that is whole from others.

extension CheckpointFolderTests {
  @Test(arguments: [(4, false), (1, false), (6, true)])
  func `a manifest of another version is no damaged one`(
    version: (number: Int, isSealed: Bool)
  ) throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    try write(6, to: folder)
    let path = "\(folder.path(of: name(6)))/manifest.json"
    let text = #"{"schemaVersion":\#(version.number),"anything":"else""#
    let sealed = version.isSealed ? SealedManifest.text(text) : "\(text)}\n"
    try Data(sealed.utf8).write(to: URL(filePath: path))
    // Where former versions had it.
    try Data().write(to: URL(filePath: "\(folder.path(of: name(6)))/manifest.sha256"))
    let error = CheckpointError.otherVersion(file: path, expected: 5, found: version.number)
    #expect(throws: error) { try folder.manifest(of: name(6)).common }
    #expect(error.hidesContents && error.isBadInput)
    #expect("\(error)" == "\(path): schemaVersion: expected 5, found \(version.number)")
    #expect(try folder.foreignFile == nil)
  }

  @Test func `what a manifest says is told on one line, and one that is too large is not read`()
    throws
  {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    try write(6, to: folder)
    let path = "\(folder.path(of: name(6)))/manifest.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
      .replacing("best.safetensors", with: "a/\\n\\u001b[31m")
    try SealedManifest.write(text, to: folder.path(of: name(6)))
    do {
      _ = try folder.manifest(of: name(6)).common
      Issue.record("a name with a line break was accepted")
    } catch {
      #expect("\(error)".hasSuffix("found a/\\n\\u{1B}[31m"), "\(error)")
      #expect(!"\(error)".contains("\n"))
    }
    // A file with a hole takes no room.
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.truncate(atOffset: 3 << 30)
    try file.close()
    #expect(
      throws: CheckpointError.otherKind(
        path: path, expected: "a manifest of 1073741824 bytes at most", found: "one of 3221225472")
    ) { try folder.manifest(of: name(6)).common }
  }

  @Test func `a manifest without the digest of all that is before it is damaged`() throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    try write(6, to: folder)
    let path = "\(folder.path(of: name(6)))/manifest.json"
    let whole = try Data(contentsOf: URL(filePath: path))
    let text = String(decoding: whole, as: UTF8.self)
    #expect(SealedManifest.text(String(text.dropLast(78))) == text)
    let others = [
      "", "{", String(text.dropLast()), String(text.dropLast(78)), text + " ",
      String(text.dropLast(78)) + "}", text.replacing("sha256\":\"", with: "sha256\": \""),
    ]
    for other in others {
      try Data(other.utf8).write(to: URL(filePath: path))
      #expect(
        throws: CheckpointError.unexpected(
          file: path, key: "sha256", expected: "a digest at the end", found: "none")
      ) { try folder.manifest(of: name(6)).common }
    }
    try whole.write(to: URL(filePath: path))
    #expect(try newest(in: folder) == 6)
  }
}
