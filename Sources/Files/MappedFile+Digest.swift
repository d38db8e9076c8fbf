extension MappedFile {
  /// The SHA-256 of the file's bytes.
  ///
  /// - Complexity: O(size).
  public var sha256: [UInt8] {
    var digest = ByteDigest()
    digest.update(bytes.rawBytes)
    return digest.bytes
  }
}
