public import Kernels

/// Why a checkpoint could not be written or read.
public enum CheckpointError: Error, Hashable, Sendable {
  /// The operating system refused a call.
  case refused(SystemCallError)
  /// A file does not hold what it should.
  case unexpected(file: String, key: String, expected: String, found: String)
}

extension CheckpointError: CustomStringConvertible {
  /// What was being done, to what, what was expected and what was found, in one line.
  public var description: String {
    switch self {
    case .refused(let error): "\(error)"
    case .unexpected(let file, let key, let expected, let found):
      "\(file): \(key): expected \(expected), found \(found)"
    }
  }
}

/// Runs calls on files and turns a refusal into this module's error.
func calling<Result: ~Copyable>(
  _ body: () throws(SystemCallError) -> Result
) throws(CheckpointError) -> Result {
  do {
    return try body()
  } catch {
    throw .refused(error)
  }
}
