public import Kernels

/// Why a checkpoint could not be written or read.
public enum CheckpointError: Error, Hashable, Sendable {
  /// The operating system refused a call on a file that was to be read.
  case refused(SystemCallError)
  /// The operating system refused a call on a file that was to be written.
  case unwritable(SystemCallError)
  /// A file does not hold what it should.
  case unexpected(file: String, key: String, expected: String, found: String)
}

extension CheckpointError: CustomStringConvertible {
  /// What was being done, to what, what was expected and what was found, in one line.
  public var description: String {
    switch self {
    case .refused(let error), .unwritable(let error): "\(error)"
    case .unexpected(let file, let key, let expected, let found):
      "\(file): \(key): expected \(expected), found \(found)"
    }
  }
}

extension CheckpointError {
  /// Whether a file that was given is at fault, and not the place to write one.
  public var isBadInput: Bool {
    switch self {
    case .refused, .unexpected: true
    case .unwritable: false
    }
  }
}

/// Runs calls on files that are read and turns a refusal into this module's error.
func calling<Result: ~Copyable>(
  _ body: () throws(SystemCallError) -> Result
) throws(CheckpointError) -> Result {
  do {
    return try body()
  } catch {
    throw .refused(error)
  }
}
