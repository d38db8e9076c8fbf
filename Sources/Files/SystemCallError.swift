import Glibc

/// The operating system's answer to a call on a file that it refused.
public struct SystemCallError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call, for example `open`.
  public let call: String
  /// The file it was made for.
  public let path: String
  /// The error number.
  public let code: Int32

  /// Creates a record of a refused call.
  public init(call: String, path: String, code: Int32) {
    self.call = call
    self.path = path
    self.code = code
  }

  /// The error number in words, for example `No space left on device`.
  ///
  /// What is said of a pipe or a device that was opened as a file is ``FileDescriptor``'s own: the number says less.
  public var reason: String {
    call == SystemCallError.openingFile ? "Not a regular file" : SystemCallError.reason(of: code)
  }

  /// The call that refuses what is no regular file.
  static let openingFile = "open a file"

  /// An error number in words.
  public static func reason(of code: Int32) -> String {
    // Sound: the text ends with a zero, and is copied before this thread can ask for another one, which
    // may replace it; in Glibc each thread has its own.
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }

  /// Whether something was to be written to a pipe that nobody reads any more.
  public var isBrokenPipe: Bool { code == EPIPE }

  /// Whether nothing was at the path.
  public var isMissing: Bool { code == ENOENT }

  /// The file, the call and the reason in one line.
  public var description: String { "\(path): \(call): \(reason)" }
}
