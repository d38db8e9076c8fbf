/// What publishing files asks of the file system; a test double fails here on purpose.
public protocol FileOperations: Sendable {
  /// Creates an empty file to write it; throws `EEXIST` where something is.
  func createNew(_ path: String) throws(SystemCallError) -> FileDescriptor
  /// Opens a file that is there to write over its bytes, from the first.
  func overwrite(_ path: String) throws(SystemCallError) -> FileDescriptor
  /// Writes all bytes behind those written before.
  func write(_ bytes: RawSpan, to file: borrowing FileDescriptor) throws(SystemCallError)
  /// Waits until a file's bytes are on the storage device.
  func synchronize(_ file: borrowing FileDescriptor) throws(SystemCallError)
  /// Gives a file another path in one step, replacing what was there.
  func rename(_ path: String, to destination: String) throws(SystemCallError)
  /// Gives a file a second path in the same file system; throws `EEXIST` where something is.
  func link(_ path: String, to destination: String) throws(SystemCallError)
  /// Waits until a directory's names are on the storage device.
  func synchronizeDirectory(_ path: String) throws(SystemCallError)
  /// Removes a file.
  func remove(_ path: String) throws(SystemCallError)
  /// Makes a directory, unless it is there.
  func makeDirectory(_ path: String) throws(SystemCallError)
  /// Removes an empty directory.
  func removeDirectory(_ path: String) throws(SystemCallError)
}
