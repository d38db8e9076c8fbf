internal import Glibc

/// A file that could not be mapped into memory.
public struct MappingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's path.
  public let path: String
  /// The system call that failed, for example `open`.
  public let operation: String
  /// The system's error code.
  public let code: Int32

  /// The system's words for ``code``, for example `No such file or directory`.
  public var reason: String { systemErrorText(code) }

  /// One line: the operation, the file and the reason.
  public var description: String { "cannot \(operation) \(path): \(reason)" }
}

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
  /// - Throws: ``MappingError`` if the file does not exist, cannot be read or is a directory.
  public init(path: String) throws(MappingError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw MappingError(path: path, operation: "open", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw MappingError(path: path, operation: "inspect", code: errno)
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw MappingError(path: path, operation: "read", code: EISDIR)
    }
    self.path = path
    sizeInBytes = Int(status.st_size)
    guard sizeInBytes > 0 else {
      unsafe start = nil
      return
    }
    let address = unsafe mmap(nil, sizeInBytes, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw MappingError(path: path, operation: "map", code: errno)
    }
    unsafe start = address
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

/// The system's words for one of its error codes, for example `No such file or directory`.
public func systemErrorText(_ code: Int32) -> String {
  guard let text = unsafe strerror(code) else { return "error \(code)" }
  return unsafe String(cString: text)
}
