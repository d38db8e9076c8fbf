import Glibc

/// Whether two paths lead to one file, over links as well.
public func isSameFile(_ path: String, _ other: String) -> Bool {
  var (first, second) = (stat(), stat())
  // Sound: the system fills the structures, whose addresses it gets for the calls alone.
  guard unsafe stat(path, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
  return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)
}

/// Throws if the directory of a path is missing, or refuses to have a file put into it; changes nothing.
///
/// The corresponding routine is `access`.
///
/// - Throws: ``SystemCallError`` with the reason, for the path.
public func checkDirectoryIsWritable(of path: String) throws(SystemCallError) {
  let folder = directory(of: path)
  // Sound: the text is lent as a C string for the call alone.
  if unsafe access(folder + "/", W_OK | X_OK) != 0 {
    throw SystemCallError(call: "access", path: path, code: errno)
  }
}

/// Whether anything lies at a path, be it a link that leads nowhere.
public func isAnything(at path: String) -> Bool {
  var status = stat()
  // Sound: the system fills the structure, whose address it gets for the call alone.
  return unsafe lstat(path, &status) == 0
}

/// Whether what lies at a path is there, over links as well.
public func leadsSomewhere(_ path: String) -> Bool {
  var status = stat()
  // Sound: as above.
  return unsafe stat(path, &status) == 0
}

/// Whether a directory lies at a path, and no link to one.
public func isDirectory(_ path: String) -> Bool {
  var status = stat()
  // Sound: as above.
  return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// The size of a regular file that has no name but this one; `nil` of all else.
public func sizeOfFileWithOneName(at path: String) -> Int? {
  var status = stat()
  // Sound: as above.
  guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
    status.st_nlink == 1
  else { return nil }
  return Int(status.st_size)
}

/// What lies at a path that is neither a regular file nor nothing: replacing it would destroy a device,
/// a pipe or a link.
///
/// - Returns: its kind in words; `nil` if a file may be put there.
public func kindOfNonregularFile(at path: String) -> String? {
  var status = stat()
  // Sound: the system fills the structure, whose address it gets for the call alone.
  guard unsafe lstat(path, &status) == 0 else { return nil }
  switch status.st_mode & S_IFMT {
  case S_IFREG: return nil
  case S_IFDIR: return "a directory"
  case S_IFLNK: return "a symbolic link"
  case S_IFCHR, S_IFBLK: return "a device"
  case S_IFIFO: return "a pipe"
  default: return "a special file"
  }
}

/// The names in a directory, without those of itself and the one above it.
///
/// - Throws: ``SystemCallError`` if it is not there, is none, or cannot be listed.
public func namesInDirectory(_ path: String) throws(SystemCallError) -> [String] {
  try entriesOfDirectory(path).map(\.name)
}

/// The names in a directory, as ``namesInDirectory(_:)`` has them, and whether each is that of a directory, and no link to
/// one; most file systems tell without being asked for each.
public func entriesOfDirectory(
  _ path: String
) throws(SystemCallError) -> [(name: String, isDirectory: Bool)] {
  // Sound: the stream is closed where it was opened, and an entry is used before the next one is asked for; its name
  // ends with a zero.
  guard let stream = unsafe opendir(path) else {
    throw SystemCallError(call: "opendir", path: path, code: errno)
  }
  defer { unsafe closedir(stream) }
  var entries: [(name: String, isDirectory: Bool)] = []
  while true {
    errno = 0
    guard let entry = unsafe readdir(stream) else {
      guard errno == 0 else { throw SystemCallError(call: "readdir", path: path, code: errno) }
      return entries
    }
    let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    guard name != "." && name != ".." else { continue }
    let type = unsafe Int(entry.pointee.d_type)
    let isFolder = type == DT_UNKNOWN ? isDirectory("\(path)/\(name)") : type == DT_DIR
    entries.append((name, isFolder))
  }
}
