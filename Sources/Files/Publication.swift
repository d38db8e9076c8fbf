/// Writes a file so that its path holds either what it held before or all of the new bytes, whenever
/// the process, the machine or the disk fails.
///
/// The bytes go to a temporary file in the same directory, which is synchronised and then renamed;
/// synchronising the directory makes the rename last. After an error the temporary file is removed.
/// It replaces whatever the path holds: ``kindOfNonregularFile(at:)`` says what should not be replaced.
///
/// - Parameters:
///   - path: The file to publish; its directory exists.
///   - name: How the temporary file is called.
///   - files: The file system.
///   - body: Writes the content.
/// - Throws: ``SystemCallError`` with the call that was refused first.
public func publish(
  _ path: String, by name: TemporaryName, using files: some FileOperations = SystemFiles(),
  writing body: (borrowing FileDescriptor) throws(SystemCallError) -> Void
) throws(SystemCallError) {
  let file = try name.create(for: path, using: files)
  do {
    try body(file)
    try files.synchronize(file)
    try files.rename(file.path, to: path)
    try files.synchronizeDirectory(directory(of: path))
  } catch {
    // The first error is the one to report; what cannot be removed is named `.partial`.
    try? files.remove(file.path)
    throw error
  }
}

/// Publishes a file of these bytes, as ``publish(_:by:using:writing:)``.
public func publish(
  _ bytes: [UInt8], to path: String, by name: TemporaryName
) throws(SystemCallError) {
  let files = SystemFiles()
  try publish(path, by: name, using: files) { file throws(SystemCallError) in
    try files.write(bytes.span.rawBytes, to: file)
  }
}

/// The part of a path before its last component.
func directory(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
