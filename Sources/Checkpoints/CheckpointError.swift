public import Files

/// Why a checkpoint could not be written or read.
public enum CheckpointError: Error, Hashable, Sendable {
  /// The operating system refused to let a file be read.
  case unreadable(SystemCallError)
  /// The operating system refused to let a file be written, as when the disk is full.
  case unwritable(SystemCallError)
  /// A file does not hold what it should.
  case unexpected(file: String, key: String, expected: String, found: String)
  /// Something else lies where a checkpoint of a run, or a file of one, should: somebody, or another run, has put it
  /// there.
  case otherKind(path: String, expected: String, found: String)
  /// A manifest is of another version of the format.
  case otherVersion(file: String, expected: Int, found: Int)
}

extension CheckpointError {
  /// Whether something that a command was given cannot be used.
  ///
  /// That is a file that is missing, cannot be read or holds something else. Otherwise the command
  /// failed, though its input was good.
  public var isBadInput: Bool {
    switch self {
    case .unreadable, .unexpected, .otherKind, .otherVersion: true
    case .unwritable: false
    }
  }

  /// Whether something is there, perhaps a good one, and cannot be read: the system refuses, it is too large, another
  /// version of the program wrote it, or another run, or somebody put it there.
  ///
  /// It is neither replaced nor removed.
  public var hidesContents: Bool {
    switch self {
    case .unreadable(let error): !error.isMissing
    case .otherKind, .otherVersion: true
    case .unwritable, .unexpected: false
    }
  }

  /// Why, in words that do not name the file.
  public var reason: String {
    switch self {
    case .unreadable(let error), .unwritable(let error): error.reason
    case .unexpected(_, let key, let expected, let found):
      "\(key.escaped): expected \(expected.escaped), found \(found.onOneLine)"
    case .otherKind(_, let expected, let found):
      "expected \(expected.escaped), found \(found.escaped)"
    case .otherVersion(_, let expected, let found):
      "schemaVersion: expected \(expected), found \(found)"
    }
  }
}

extension CheckpointError: CustomStringConvertible {
  /// What was being done, to what, what was expected and what was found, in one line.
  public var description: String {
    switch self {
    case .unreadable(let error), .unwritable(let error): "\(error)".escaped
    case .unexpected(let file, _, _, _), .otherKind(let file, _, _),
      .otherVersion(let file, _, _):
      "\(file.escaped): \(reason)"
    }
  }
}

/// Opens a file of a checkpoint: a regular one, as this program writes them.
func regularFile(_ path: String) throws(CheckpointError) -> FileDescriptor {
  if let kind = kindOfNonregularFile(at: path) {
    throw .otherKind(path: path, expected: "a regular file", found: kind)
  }
  return try reading { () throws(SystemCallError) in try FileDescriptor.regular(path) }
}

/// Runs calls that read files and turns a refusal into this module's error.
func reading<Result: ~Copyable>(
  _ body: () throws(SystemCallError) -> Result
) throws(CheckpointError) -> Result {
  do {
    return try body()
  } catch {
    throw .unreadable(error)
  }
}
