/// The file system itself.
public struct SystemFiles: FileOperations {
  /// Creates the operations; they hold no state.
  public init() {}

  /// Creates an empty file to write it where nothing is; the corresponding routine is `open`.
  public func createNew(_ path: String) throws(SystemCallError) -> FileDescriptor {
    try FileDescriptor(creatingNew: path)
  }

  /// Opens a file that is there to write over its bytes, from the first; the corresponding routine is `open`.
  public func overwrite(_ path: String) throws(SystemCallError) -> FileDescriptor {
    try FileDescriptor(overwriting: path)
  }

  /// Writes all bytes behind those written before; the corresponding routine is `write`.
  public func write(
    _ bytes: RawSpan, to file: borrowing FileDescriptor
  ) throws(SystemCallError) {
    try file.write(bytes)
  }

  /// Waits until a file's bytes are on the storage device; the corresponding routine is `fdatasync`.
  public func synchronize(_ file: borrowing FileDescriptor) throws(SystemCallError) {
    try file.synchronizeBytes()
  }

  /// Gives a file another path in one step; the corresponding routine is `rename`.
  public func rename(_ path: String, to destination: String) throws(SystemCallError) {
    try renameFile(path, to: destination)
  }

  /// Gives a file a second path in the same file system; the corresponding routine is `link`.
  public func link(_ path: String, to destination: String) throws(SystemCallError) {
    try linkFile(path, to: destination)
  }

  /// Waits until a directory's names are on the storage device; the routine is `fsync`.
  public func synchronizeDirectory(_ path: String) throws(SystemCallError) {
    try FileDescriptor(reading: path).synchronize()
  }

  /// Removes a file; the corresponding routine is `unlink`.
  public func remove(_ path: String) throws(SystemCallError) {
    try removeFile(path)
  }

  /// Makes a directory, unless it is there; the corresponding routine is `mkdir`.
  public func makeDirectory(_ path: String) throws(SystemCallError) {
    try Files.makeDirectory(path)
  }

  /// Removes an empty directory; the corresponding routine is `rmdir`.
  public func removeDirectory(_ path: String) throws(SystemCallError) {
    try Files.removeDirectory(path)
  }
}
