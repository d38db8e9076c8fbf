/// Writes a file so that its path holds either what it held before or all of the new bytes, whenever
/// the process, the machine or the disk fails.
///
/// The bytes go to `<path>.partial` in the same directory, which is synchronised and then renamed;
/// synchronising the directory makes the rename last. After an error the temporary file is removed.
/// It replaces whatever the path holds: ``kindOfNonregularFile(at:)`` says what should not be replaced.
///
/// - Parameters:
///   - path: The file to publish; its directory exists.
///   - files: The file system.
///   - body: Writes the content.
/// - Throws: ``SystemCallError`` with the call that was refused first.
public func publish(
  _ path: String, using files: some FileOperations = SystemFiles(),
  writing body: (borrowing FileDescriptor) throws(SystemCallError) -> Void
) throws(SystemCallError) {
  let temporary = path + ".partial"
  do {
    let file = try files.create(temporary)
    try body(file)
    try files.synchronize(file)
    try files.rename(temporary, to: path)
    try files.synchronizeDirectory(directory(of: path))
  } catch {
    // The first error is the one to report; a leftover is overwritten by the next attempt.
    try? files.remove(temporary)
    throw error
  }
}

/// Publishes a file of these bytes, as ``publish(_:using:writing:)``.
public func publish(_ bytes: [UInt8], to path: String) throws(SystemCallError) {
  let files = SystemFiles()
  try publish(path, using: files) { file throws(SystemCallError) in
    try files.write(bytes.span.rawBytes, to: file)
  }
}

/// The part of a path before its last component.
private func directory(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
