internal import Crypto

/// The SHA-256 of bytes that come one part after another.
public struct ByteDigest: Sendable {
  private var hash = SHA256()

  /// Begins with no bytes.
  public init() {}

  /// Adds bytes.
  public mutating func update(_ bytes: RawSpan) {
    // Sound: the bytes are lent for the call alone.
    unsafe bytes.withUnsafeBytes { buffer in unsafe hash.update(bufferPointer: buffer) }
  }

  /// The digest of all bytes so far, 32 bytes.
  public var bytes: [UInt8] { Array(hash.finalize()) }
}
