import Glibc

/// The standard output of this process, unbuffered: what it does not take is told at once.
public enum StandardOutput: Sendable {
  /// Writes a text, all of it.
  ///
  /// The corresponding routine is `write`. Where nobody reads a pipe any more, the system ends the
  /// process, unless its starter had it ignore that; then ``SystemCallError/isBrokenPipe``.
  ///
  /// - Throws: ``SystemCallError`` if the output is closed, or the place behind it is full.
  public static func write(_ text: String) throws(SystemCallError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      // Sound: the count is the slice's own.
      let count = unsafe rest.withUnsafeBytes { bytes in
        unsafe Glibc.write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
      }
      if count < 0 && errno != EINTR {
        throw SystemCallError(call: "write", path: "standard output", code: errno)
      }
      rest = rest.dropFirst(max(count, 0))
    }
  }
}
