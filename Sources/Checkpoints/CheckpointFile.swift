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
    guard let mark = text.ranges(of: CheckpointFile.written).last else { return nil }
    let parts = text[mark.upperBound...].split(separator: "-")
    guard parts.count == 2, let size = Int(parts[0]) else { return nil }
    self.init(
      name: String(text[..<mark.lowerBound]), sizeInBytes: size, sha256: String(parts[1]))
    guard text == writtenName else { return nil }
  }
}
