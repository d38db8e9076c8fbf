import Glibc

/// Floats that the processes of a machine share: zero at first, and gone with the last process that has them.
///
/// One process creates the memory under a name, others open it by that name, the name is removed, and only
/// then is the memory reserved: a process that is ended at any time leaves no more than an empty name.
@safe
public final class SharedMemory: Sendable {
  /// Why memory cannot be shared, in one line.
  public struct Failure: Error, Hashable, CustomStringConvertible {
    /// One line: the call, the name and the system's reason.
    public let description: String

    init(_ call: StaticString, _ name: String) {
      // Sound: the text is copied before any other call.
      let reason = unsafe String(cString: strerror(errno))
      description = "\(call) of \(name) failed: \(reason)"
    }
  }

  /// A name that no other process takes.
  public static func uniqueName() -> String {
    "moe-mlora-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
  }

  /// The bytes that the system's directory of shared memory has room for now; zero if there is none.
  public static var freeBytes: Int {
    var status = statvfs()
    // Sound: the system reads the path and fills the structure, which are lent for the call alone.
    guard unsafe statvfs("/dev/shm", &status) == 0 else { return 0 }
    return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
  }

  /// The name in the system's directory of shared memory.
  public let name: String
  private let descriptor: Int32

  /// Creates the memory, empty as yet, under a name that is not taken.
  ///
  /// - Throws: ``Failure`` if the name is taken or the system has no such memory.
  public convenience init(creating name: String) throws(Failure) {
    try self.init(name, flags: O_CREAT | O_EXCL)
  }

  /// Opens memory that another process has created.
  public convenience init(opening name: String) throws(Failure) {
    try self.init(name, flags: 0)
  }

  private init(_ name: String, flags: Int32) throws(Failure) {
    // Sound: the path is lent for the call alone.
    descriptor = unsafe shm_open("/\(name)", O_RDWR | O_CLOEXEC | flags, 0o600)
    guard descriptor >= 0 else { throw Failure("shm_open", "/\(name)") }
    self.name = name
  }

  deinit { close(descriptor) }

  /// Removes the name: processes that have the memory keep it, and no other can open it.
  public func removeName() { unsafe shm_unlink("/\(name)") }

  /// Reserves room for a number of floats: a machine that has too little says so here, and not when the
  /// memory is used.
  ///
  /// - Throws: ``Failure`` if there is too little memory.
  public func reserve(_ count: Int) throws(Failure) {
    let code = posix_fallocate(descriptor, 0, max(1, count * MemoryLayout<Float>.stride))
    guard code == 0 else {
      errno = code
      throw Failure("posix_fallocate", "/\(name)")
    }
  }

  /// Maps bytes of the memory over a part of this process's addresses.
  ///
  /// - Parameters:
  ///   - bytes: How many.
  ///   - start: The first address, that of a page; as many bytes of pages are the caller's.
  /// - Throws: ``Failure`` if the system refuses.
  @unsafe func map(_ bytes: Int, over start: UnsafeMutableRawPointer) throws(Failure) {
    let mapped = unsafe mmap(
      start, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, 0)
    guard unsafe mapped == start else { throw Failure("mmap", "/\(name)") }
  }
}
