internal import Files
internal import Glibc

extension FileOperations {
  /// Opens a file to write so many bytes: one that is there, if it has that size and no other name, or a new one.
  ///
  /// Under another name it may be a checkpoint's. Waiting until bytes that are written over are on the storage device
  /// waits for nothing else: the file system keeps no record of it.
  func open(_ path: String, toHold size: Int) throws(SystemCallError) -> FileDescriptor {
    do {
      return try createNew(path)
    } catch {
      guard error.code == EEXIST else { throw error }
    }
    // One that may not be opened is made anew; whatever else is wrong, that will tell.
    if sizeOfFileWithOneName(at: path) == size, let file = try? overwrite(path) { return file }
    try remove(path)
    return try createNew(path)
  }
}
