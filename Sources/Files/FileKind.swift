import Glibc

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
