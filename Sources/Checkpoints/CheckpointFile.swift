/// A file of a checkpoint.
public struct CheckpointFile: Hashable, Codable, Sendable {
  /// Its name in the checkpoint's directory.
  public var name: String
  /// Its size.
  public var sizeInBytes: Int
  /// The SHA-256 of its bytes, in hexadecimal digits.
  public var sha256: String
}

// While a checkpoint is being written the name of a file says what has been written: another file for that would be
// one more for the file system to make and to remove.

extension CheckpointFile {
  /// What a file that is on the storage device is called before its checkpoint is published.
  var writtenName: String { name + CheckpointFile.written + "\(sizeInBytes)-\(sha256)" }

  /// What stands between name and size in ``writtenName``.
  private static let written = ".written-"

  /// Reads a name as ``writtenName`` writes it; `nil` if it is none.
  init?(writtenAs text: String) {
    // From the end: a name may have dashes, size and digest have none.
    let parts = text.split(separator: "-")
    guard let digest = parts.last, let size = parts.dropLast().last, let sizeInBytes = Int(size)
    else { return nil }
    let rest = CheckpointFile.written.utf8.count + size.utf8.count + 1 + digest.utf8.count
    self.init(
      name: String(text.dropLast(rest)), sizeInBytes: sizeInBytes, sha256: String(digest))
    guard text == writtenName else { return nil }
  }
}
