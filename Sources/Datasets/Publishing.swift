internal import FoundationEssentials
internal import Files

/// Makes a directory appear with all its contents, or not at all.
///
/// The contents are made in a sibling directory, which is renamed at the end and removed after an
/// error, as far as the file system lets it. That of a process which was ended is removed by the next one
/// with the same path. Whenever the process fails, the path holds nothing or
/// everything. The storage device is not waited for: a dataset can be made again, and after a power
/// failure columns cut short are found by opening it, other damage by ``Dataset/verify()``.
///
/// - Parameters:
///   - path: where there is nothing yet, or an empty directory.
///   - fill: creates the contents in the directory whose path it is given.
/// - Returns: What `fill` returns.
/// - Throws: ``DatasetError`` if the path is taken or the directory cannot be made, and what `fill`
///   throws.
func publishDirectory<Result>(
  at path: String, fill: (_ partial: String) throws(DatasetError) -> Result
) throws(DatasetError) -> Result {
  try requireVacancy(at: path)
  let partial = try createPartial(of: URL(filePath: path, directoryHint: .isDirectory))
  let lock = heldLock(of: partial)
  do throws(DatasetError) {
    return try withExtendedLifetime(lock) { () throws(DatasetError) in
      let result = try fill(partial)
      if FileManager.default.fileExists(atPath: path) { try remove(path) }
      try writing("rename to \(path) the directory", partial) {
        try FileManager.default.moveItem(atPath: partial, toPath: path)
      }
      return result
    }
  } catch {
    // The first error is the one to report; what cannot be removed is hidden and named `.partial`.
    try? remove(partial)
    throw error
  }
}

/// Creates a directory and those above it.
func createDirectory(at path: String) throws(DatasetError) {
  try writing("create", path) {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
}

/// Writes a file of a directory that is not published yet; the storage device is not waited for.
func writeFile(_ bytes: [UInt8], to path: String) throws(DatasetError) {
  try writing("write", path) { try Data(bytes).write(to: URL(filePath: path)) }
}

/// Writes a file so that a reader sees the old contents or the new, never a part.
///
/// - Throws: ``DatasetError`` if the file cannot be written, or is there and no regular one: the new
///   one takes its place.
func publishFile(_ bytes: [UInt8], to path: String) throws(DatasetError) {
  if let kind = kindOfNonregularFile(at: path) {
    throw .unexpected(
      path: path, line: nil, expected: "a regular file or nothing at the output path", found: kind)
  }
  try writing("write", path) { try publish(bytes, to: path, by: .unique) }
}

/// The names in a directory.
func entries(ofDirectory path: String) throws(DatasetError) -> [String] {
  do {
    return try FileManager.default.contentsOfDirectory(atPath: path)
  } catch {
    throw .unreadable(operation: "list", path: path, reason: reason(of: error))
  }
}

// MARK: -

/// Creates the directory in which the contents of a target are made, where no other process makes
/// them, and removes those that processes left which are no more.
private func createPartial(of target: URL) throws(DatasetError) -> String {
  let parent = target.deletingLastPathComponent().path(percentEncoded: false)
  let folder = parent.isEmpty ? "." : parent
  let (prefix, suffix) = (".\(target.lastPathComponent).", ".partial")
  let leftovers = Leftovers.paths(
    in: folder, prefix: prefix, suffix: suffix, kind: "a directory")
  for leftover in leftovers where holdsDatasetOnly(leftover) {
    // What cannot be removed is in nobody's way, unless it has the name of the new directory.
    try? remove(leftover)
  }
  let name = "\(prefix)\(ProcessInfo.processInfo.processIdentifier)\(suffix)"
  let partial = "\(folder)/\(name)"
  try createDirectory(at: folder)
  try writing("create", partial) {
    try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: false)
  }
  return partial
}

/// A directory opened and locked, which tells others that it is being filled; a file system without locks
/// does not hinder.
private func heldLock(of path: String) -> FileDescriptor? {
  guard let directory = try? FileDescriptor(reading: path) else { return nil }
  _ = try? directory.lock()
  return directory
}

/// Whether there is nothing in a directory but what a dataset begins with.
private func holdsDatasetOnly(_ path: String) -> Bool {
  guard let entries = try? entries(ofDirectory: path) else { return false }
  return entries.allSatisfy { $0 == DatasetDescription.fileName || $0.hasPrefix("domain_") }
}

private func remove(_ path: String) throws(DatasetError) {
  try writing("remove", path) { try FileManager.default.removeItem(atPath: path) }
}

private func requireVacancy(at path: String) throws(DatasetError) {
  var isDirectory = false
  var ancestor = URL(filePath: path).standardizedFileURL.deletingLastPathComponent()
  while !FileManager.default.fileExists(atPath: ancestor.path, isDirectory: &isDirectory),
    ancestor.pathComponents.count > 1
  {
    ancestor.deleteLastPathComponent()
  }
  guard isDirectory else {
    throw .unexpected(
      path: ancestor.path, line: nil, expected: "a directory for the output", found: "a file")
  }
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return }
  guard isDirectory else {
    throw .unexpected(
      path: path, line: nil, expected: "an empty directory or nothing at the output path",
      found: "a file")
  }
  let entries = try entries(ofDirectory: path)
  guard entries.isEmpty else {
    throw .unexpected(
      path: path, line: nil, expected: "an empty directory or nothing at the output path",
      found: "a directory with \(counted(entries.count, "entry", "entries"))")
  }
}

/// Performs an operation that writes, reporting failure as this module does.
private func writing<Result>(
  _ operation: String, _ path: String, _ body: () throws -> Result
) throws(DatasetError) -> Result {
  do {
    return try body()
  } catch {
    throw .unwritable(operation: operation, path: path, reason: reason(of: error))
  }
}

/// What the error of a call or of Foundation says, in the system's words where it has any.
private func reason(of error: any Error) -> String {
  if let error = error as? SystemCallError { return error.reason }
  guard let error = error as? CocoaError else { return "\(error)" }
  guard let cause = error.underlying as? POSIXError else { return "code \(error.code.rawValue)" }
  return SystemCallError.reason(of: cause.code.rawValue)
}
