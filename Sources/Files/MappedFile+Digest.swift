internal import Crypto

extension MappedFile {
  /// The SHA-256 of the file's bytes.
  ///
  /// - Complexity: O(size), through a copy of one block at a time.
  public var sha256: [UInt8] {
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
    return Array(hash.finalize())
  }
}
