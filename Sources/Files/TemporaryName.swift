import Glibc

/// The name under which the bytes of a publication lie until they are all there, beside its path.
public enum TemporaryName: Sendable {
  /// `<path>.partial`: for a directory of this program's own. What an attempt that was interrupted
  /// left is known by its name, and is replaced.
  case fixed
  /// `<path>.moe-mlora-<process>.partial`: for any other directory, where each file and link belongs to
  /// somebody. Regular files of that name are removed that a process left which is no more (see
  /// ``Leftovers``).
  case unique

  /// The fixed name for a path.
  public static func fixedPath(for path: String) -> String { path + ".partial" }

  /// Creates the temporary file for a path.
  ///
  /// - Returns: The open file; its path is the name.
  func create(
    for path: String, using files: some FileOperations
  ) throws(SystemCallError) -> FileDescriptor {
    switch self {
    case .fixed:
      let temporary = TemporaryName.fixedPath(for: path)
      // Written over it might be what a link leads to, or a file with another name.
      if isAnything(at: temporary) { try files.remove(temporary) }
      return try files.createNew(temporary)
    case .unique: return try TemporaryName.createUnique(for: path, using: files)
    }
  }

  private static func createUnique(
    for path: String, using files: some FileOperations
  ) throws(SystemCallError) -> FileDescriptor {
    let (prefix, suffix) = (path + ".moe-mlora-", ".partial")
    removeLeftovers(prefix: prefix, suffix: suffix, using: files)
    let file = try files.createNew("\(prefix)\(getpid())\(suffix)")
    // Held as long as the file is open. A file system without locks does not hinder.
    _ = try? file.lock()
    return file
  }

  private static func removeLeftovers(
    prefix: String, suffix: String, using files: some FileOperations
  ) {
    let folder = directory(of: prefix)
    let name = prefix.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    for leftover in Leftovers.paths(in: folder, prefix: String(name), suffix: suffix) {
      // What cannot be removed is in nobody's way, unless it has the name of the new file.
      try? files.remove(leftover)
    }
  }
}
