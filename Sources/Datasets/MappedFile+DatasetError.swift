internal import Crypto
internal import Files
internal import Kernels

/// The SHA-256 of a file's bytes, in hexadecimal.
///
/// - Complexity: O(size).
/// - Throws: ``DatasetError/unreadable(operation:path:reason:)``.
public func fileSHA256(_ path: String) throws(DatasetError) -> String {
  try MappedFile(opening: path).checksum
}

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
  ///
  /// - Complexity: O(size), through a copy of one block at a time.
  var checksum: String {
    let bytes = bytes
    let blockSize = 1 << 16
    var hash = SHA256()
    var block: [UInt8] = []
    block.reserveCapacity(blockSize)
    for start in stride(from: 0, to: bytes.count, by: blockSize) {
      block.removeAll(keepingCapacity: true)
      for index in start..<min(start + blockSize, bytes.count) { block.append(bytes[index]) }
      hash.update(data: block)
    }
    return hexadecimal(hash.finalize())
  }
}
