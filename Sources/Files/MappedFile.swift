internal import Glibc

/// A file mapped into memory to be read; processes that map the same file share its pages.
///
/// The file must not be shortened while it is mapped: reading beyond its new end would stop the
/// process. Files published by renaming and never changed, as datasets are, satisfy that.
@safe
public final class MappedFile: Sendable {
  // Sound: mapped read-only by `init`, unmapped by `deinit`, never handed out, and never written
  // through, so that threads may share it; spans carry a lifetime that depends on this object.
  private nonisolated(unsafe) let start: UnsafeMutableRawPointer?

  /// The file's path.
  public let path: String
  /// The file's size.
  public let sizeInBytes: Int

  /// Maps a whole file.
  ///
  /// - Throws: ``SystemCallError`` if the file does not exist, cannot be read or is no regular one.
  public init(path: String) throws(SystemCallError) {
    let file = try FileDescriptor.whole(path)
    self.path = path
    sizeInBytes = try file.sizeInBytes
    unsafe start = sizeInBytes > 0 ? try file.map(count: sizeInBytes) : nil
  }

  deinit {
    if let start = unsafe start { unsafe munmap(start, sizeInBytes) }
  }

  /// The file's bytes.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get { span(of: UInt8.self, at: 0, count: sizeInBytes) }
  }

  /// `count` numbers as they lie in the file, from a byte offset that suits their alignment.
  @_lifetime(borrow self)
  func span<Element: BitwiseCopyable & Numeric>(
    of type: Element.Type, at offset: Int, count: Int
  ) -> Span<Element> {
    precondition(
      offset >= 0 && count >= 0
        && offset + count * MemoryLayout<Element>.stride <= sizeInBytes
        && offset % MemoryLayout<Element>.alignment == 0,
      "\(count) numbers at byte \(offset) of \(sizeInBytes) in \(path)")
    guard let start = unsafe start else { return Span() }
    // Sound: in bounds and aligned (pages are), and every bit pattern of a number is a value.
    let first = unsafe (start + offset).assumingMemoryBound(to: Element.self)
    let span = unsafe Span(_unsafeStart: UnsafePointer(first), count: count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }
}
