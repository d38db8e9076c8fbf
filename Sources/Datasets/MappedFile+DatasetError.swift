internal import Files
internal import Kernels

extension MappedFile {
  /// Maps a file, as this module reports errors.
  convenience init(opening path: String) throws(DatasetError) {
    do {
      try self.init(path: path)
    } catch {
      throw .unreadable(operation: error.call, path: path, reason: error.reason)
    }
  }

  /// The file's bytes, copied.
  var contents: [UInt8] {
    let bytes = bytes
    return bytes.indices.map { bytes[$0] }
  }

  /// The SHA-256 of the file's bytes, in hexadecimal.
  var checksum: String { hexadecimal(sha256) }
}
