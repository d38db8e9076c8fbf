internal import Kernels

/// What goes wrong with files that hold or shall hold data.
///
/// ``description`` is one line that names the file, the line where there is one, what was expected
/// and what was found.
public enum DatasetError: Error, Hashable, Sendable {
  /// The file system refused to let something be read; the operation is for example `open`.
  case unreadable(operation: String, path: String, reason: String)
  /// The file system refused to let something be written, as when the disk is full; the operation is
  /// for example `write` or `create`.
  case unwritable(operation: String, path: String, reason: String)
  /// A file, or one of its lines, does not hold what it should.
  case unexpected(path: String, line: Int?, expected: String, found: String)
  /// All rows of a domain's split have the same label, so that nothing can be learned or measured.
  case oneClass(domain: Int, name: String, split: Split, rows: Int, positives: Int)
  /// A setting has an impossible value.
  case impossible(setting: String, expected: String, found: String)
}

extension DatasetError {
  /// Whether something that a command was given cannot be used.
  ///
  /// That is a file that is missing, cannot be read or holds something else, or an impossible
  /// setting. Otherwise the command failed, though its input was good.
  public var isBadInput: Bool {
    switch self {
    case .unreadable, .unexpected, .oneClass, .impossible: true
    case .unwritable: false
    }
  }
}

extension DatasetError: CustomStringConvertible {
  /// One line that says all.
  public var description: String {
    switch self {
    case .unreadable(let operation, let path, let reason),
      .unwritable(let operation, let path, let reason):
      "cannot \(operation) \(path): \(reason)"
    case .unexpected(let path, let line?, let expected, let found):
      "\(path):\(line): expected \(expected), found \(found)"
    case .unexpected(let path, nil, let expected, let found):
      "\(path): expected \(expected), found \(found)"
    case .oneClass(let domain, let name, let split, let rows, let positives):
      "domain \(domain) (\(name)), \(split) split: expected rows of both labels, "
        + "found \(counted(rows, "row")) with \(counted(positives, "positive"))"
    case .impossible(let setting, let expected, let found):
      "\(setting): expected \(expected), found \(found)"
    }
  }
}

/// A number and what it counts.
func counted(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
  "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
}

/// Bytes of a file for a message: in quotes, printable, and not too long.
func quoted(_ bytes: some Collection<UInt8>) -> String {
  let limit = 40
  let shown = bytes.prefix(limit).map { byte in
    (0x20..<0x7F).contains(byte) ? String(UnicodeScalar(byte)) : "\\x\(hexadecimal([byte]))"
  }
  return "'\(shown.joined())\(bytes.count > limit ? "…" : "")'"
}
