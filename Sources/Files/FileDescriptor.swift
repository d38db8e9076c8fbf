import Glibc

/// An open file, closed at the end of its life, for bytes that are written or read as they are.
@safe
public struct FileDescriptor: ~Copyable, Sendable {
  // Sound: the descriptor is opened by `init`, closed by `deinit` alone, and never handed out. Every
  // `unsafe` below lends the system a path, a structure to fill, or bytes with their own count, for the
  // call alone; `map` says what its caller owes.
  private let descriptor: Int32
  /// The path it was opened under.
  public let path: String

  /// Opens a file, or a directory, to read or synchronise it.
  public init(reading path: String) throws(SystemCallError) {
    try self.init(path, flags: O_RDONLY)
  }

  /// Opens a regular file to read it, and nothing else: no link is followed, and no pipe waited for.
  ///
  /// - Throws: ``SystemCallError`` with `ELOOP` for a link, `EISDIR` for a directory, and `EINVAL` for what else is no
  ///   regular file.
  public static func regular(_ path: String) throws(SystemCallError) -> FileDescriptor {
    let file = try FileDescriptor(path, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    let kind = try file.kind
    guard kind == S_IFREG else {
      guard kind != S_IFDIR else {
        throw SystemCallError(call: "open", path: path, code: EISDIR)
      }
      throw SystemCallError(call: SystemCallError.openingFile, path: path, code: EINVAL)
    }
    return file
  }

  /// Opens a file to read it whole, over links as well: no pipe is waited for.
  ///
  /// - Throws: ``SystemCallError`` with `EINVAL` for a pipe or a device; a directory is refused when it is read.
  public static func whole(_ path: String) throws(SystemCallError) -> FileDescriptor {
    let file = try FileDescriptor(path, flags: O_RDONLY | O_NONBLOCK)
    guard [S_IFREG, S_IFDIR].contains(try file.kind) else {
      throw SystemCallError(call: SystemCallError.openingFile, path: path, code: EINVAL)
    }
    return file
  }

  /// What the file is, as `stat` says it.
  private var kind: mode_t {
    get throws(SystemCallError) {
      var status = stat()
      if unsafe fstat(descriptor, &status) != 0 { throw failure("fstat") }
      return status.st_mode & S_IFMT
    }
  }

  /// Opens a file to write behind what it holds, or creates it.
  public init(appendingTo path: String) throws(SystemCallError) {
    try self.init(path, flags: O_WRONLY | O_CREAT | O_APPEND)
  }

  /// Creates a file where nothing is, to write it; throws `EEXIST` where something is, a link included.
  public init(creatingNew path: String) throws(SystemCallError) {
    try self.init(path, flags: O_WRONLY | O_CREAT | O_EXCL)
  }

  /// Opens a file that is there to write over its bytes, from the first; no link is followed.
  public init(overwriting path: String) throws(SystemCallError) {
    try self.init(path, flags: O_WRONLY | O_NOFOLLOW)
  }

  /// Opens a file to take its lock; creates it, empty, where nothing is.
  public init(locking path: String) throws(SystemCallError) {
    try self.init(path, flags: O_RDWR | O_CREAT)
  }

  private init(_ path: String, flags: Int32) throws(SystemCallError) {
    let opened = unsafe open(path, flags | O_CLOEXEC, 0o644)
    guard opened >= 0 else { throw SystemCallError(call: "open", path: path, code: errno) }
    descriptor = opened
    self.path = path
  }

  deinit { close(descriptor) }

  /// The file's size; a directory has none and throws `EISDIR`, as reading it would.
  public var sizeInBytes: Int {
    get throws(SystemCallError) {
      var status = stat()
      if unsafe fstat(descriptor, &status) != 0 { throw failure("fstat") }
      guard status.st_mode & S_IFMT != S_IFDIR else {
        throw SystemCallError(call: "read", path: path, code: EISDIR)
      }
      return Int(status.st_size)
    }
  }

  /// Writes all bytes behind those written before.
  public borrowing func write(_ bytes: RawSpan) throws(SystemCallError) {
    var done = 0
    while done < bytes.byteCount {
      let rest = bytes.extracting(droppingFirst: done)
      let count = unsafe rest.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if count < 0 && errno != EINTR { throw failure("write") }
      done += max(count, 0)
    }
  }

  /// Reads bytes from an offset until the span is full or the file ends.
  ///
  /// - Returns: The number of bytes read.
  public borrowing func read(
    into bytes: inout MutableRawSpan, at offset: Int
  ) throws(SystemCallError) -> Int {
    var done = 0
    while done < bytes.byteCount {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe pread(
          descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done,
          off_t(offset + done))
      }
      if count < 0 && errno != EINTR { throw failure("read") }
      if count == 0 { break }
      done += max(count, 0)
    }
    return done
  }

  /// Reads from where the last call ended to the end of the file, which may be a pipe.
  ///
  /// The corresponding routine is `read`. It waits for whoever writes the pipe.
  public borrowing func contents() throws(SystemCallError) -> [UInt8] {
    var contents: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe block.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      }
      if count == 0 { return contents }
      if count < 0 && errno != EINTR { throw failure("read") }
      contents += block.prefix(max(count, 0))
    }
  }

  /// The SHA-256 of the file's bytes, read block by block: what the device cannot read is an error, and no signal.
  public borrowing func sha256() throws(SystemCallError) -> [UInt8] {
    var digest = ByteDigest()
    var block = [UInt8](repeating: 0, count: 1 << 18)
    var offset = 0
    while true {
      var span = block.mutableSpan
      var bytes = span.mutableRawBytes
      let count = try read(into: &bytes, at: offset)
      if count == 0 { return digest.bytes }
      digest.update(block.span.extracting(0..<count).rawBytes)
      offset += count
    }
  }

  /// Maps the first `count` bytes into memory to be read; the caller unmaps them.
  @unsafe
  borrowing func map(count: Int) throws(SystemCallError) -> UnsafeMutableRawPointer {
    let address = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else { throw failure("mmap") }
    return unsafe address
  }

  /// Waits until what was written, and the size, is on the storage device, but not the file's times.
  public borrowing func synchronizeBytes() throws(SystemCallError) {
    if fdatasync(descriptor) != 0 { throw failure("fdatasync") }
  }

  /// Waits until what was written is on the storage device.
  public borrowing func synchronize() throws(SystemCallError) {
    if fsync(descriptor) != 0 { throw failure("fsync") }
  }

  /// Takes the file's lock until this descriptor is closed, if no other one has it.
  ///
  /// The corresponding routine is `flock`. It does not wait.
  ///
  /// - Parameter sharing: Whether others may share the lock who ask for no more; it takes no right to
  ///   write.
  /// - Returns: Whether the lock was taken.
  /// - Throws: If the file system has no locks.
  public borrowing func lock(sharing: Bool = false) throws(SystemCallError) -> Bool {
    if flock(descriptor, (sharing ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 { return true }
    if errno == EWOULDBLOCK { return false }
    throw failure("flock")
  }

  private borrowing func failure(_ call: String) -> SystemCallError {
    SystemCallError(call: call, path: path, code: errno)
  }
}

/// The bytes of a regular file, over links as well; no pipe is waited for.
///
/// - Throws: As ``FileDescriptor/whole(_:)``.
public func contentsOfFile(_ path: String) throws(SystemCallError) -> [UInt8] {
  try FileDescriptor.whole(path).contents()
}

// Sound: paths are lent as C strings for the calls alone.

/// Gives a file another path in the same file system, in one step; what was there is replaced.
public func renameFile(_ path: String, to destination: String) throws(SystemCallError) {
  if unsafe rename(path, destination) != 0 {
    throw SystemCallError(call: "rename", path: destination, code: errno)
  }
}

/// Gives a file a second path in the same file system.
public func linkFile(_ path: String, to destination: String) throws(SystemCallError) {
  if unsafe link(path, destination) != 0 {
    throw SystemCallError(call: "link", path: destination, code: errno)
  }
}

/// Removes a file.
public func removeFile(_ path: String) throws(SystemCallError) {
  if unsafe unlink(path) != 0 {
    throw SystemCallError(call: "unlink", path: path, code: errno)
  }
}

/// Makes a directory, unless a directory is there.
public func makeDirectory(_ path: String) throws(SystemCallError) {
  guard unsafe mkdir(path, 0o755) != 0 else { return }
  let code = errno
  var status = stat()
  guard code == EEXIST, unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
    throw SystemCallError(call: "mkdir", path: path, code: code)
  }
}

/// Removes an empty directory.
public func removeDirectory(_ path: String) throws(SystemCallError) {
  if unsafe rmdir(path) != 0 {
    throw SystemCallError(call: "rmdir", path: path, code: errno)
  }
}
