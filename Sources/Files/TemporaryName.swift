/// The name under which the bytes of a publication lie until they are all there, beside its path.
public enum TemporaryName: Sendable {
  /// `<path>.partial`: for a directory of this program's own. What an attempt that was interrupted
  /// left is known by its name, and is overwritten.
  case fixed
  /// `<path>.<n>.partial` with the first number that is free: for any other directory, where each file
  /// and link belongs to somebody.
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
    case .fixed: return try files.create(TemporaryName.fixedPath(for: path))
    case .unique: return try TemporaryName.createUnique(for: path, number: 0, using: files)
    }
  }

  private static func createUnique(
    for path: String, number: Int, using files: some FileOperations
  ) throws(SystemCallError) -> FileDescriptor {
    do {
      return try files.createNew("\(path).\(number).partial")
    } catch {
      guard error.isAlreadyThere else { throw error }
      return try createUnique(for: path, number: number + 1, using: files)
    }
  }
}
