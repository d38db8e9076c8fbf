import Glibc

/// Floats that the processes of a machine share: zero at first, and gone with the last process that has them.
///
/// One process creates the memory under a name, others open it by that name, and then the name is
/// removed, so that nothing is left however the processes end.
@safe
public final class SharedMemory: Sendable {
  /// Why memory cannot be shared, in one line.
  public struct Failure: Error, Hashable, CustomStringConvertible {
    /// One line: the call, the name and the system's reason.
    public let description: String

    init(_ call: StaticString, _ name: String) {
      let reason = unsafe String(cString: strerror(errno))
      description = "\(call) of \(name) failed: \(reason)"
    }
  }

  /// A name that no other process takes.
  public static func uniqueName() -> String {
    "moe-mlora-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
  }

  /// The name in the system's directory of shared memory.
  public let name: String
  /// The number of floats.
  public let count: Int
  private let descriptor: Int32

  private var bytes: Int { count * MemoryLayout<Float>.stride }

  /// Creates the memory, and reserves all of it: a machine that has too little says so here.
  ///
  /// - Parameters:
  ///   - count: The number of floats.
  ///   - name: A name that no other job has.
  /// - Throws: ``Failure`` if the name is taken or there is not so much memory.
  public init(creating count: Int, name: String) throws(Failure) {
    let path = "/\(name)"
    descriptor = unsafe shm_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Failure("shm_open", path) }
    self.name = name
    self.count = count
    let code = posix_fallocate(descriptor, 0, max(1, bytes))
    guard code == 0 else {
      errno = code
      let failure = Failure("posix_fallocate", path)
      removeName()
      throw failure
    }
  }

  /// Opens memory that another process has created.
  public init(opening name: String, count: Int) throws(Failure) {
    let path = "/\(name)"
    descriptor = unsafe shm_open(path, O_RDWR | O_CLOEXEC, 0)
    guard descriptor >= 0 else { throw Failure("shm_open", path) }
    self.name = name
    self.count = count
  }

  deinit { close(descriptor) }

  /// Removes the name: processes that have the memory keep it, and no other can open it.
  public func removeName() { unsafe shm_unlink("/\(name)") }

  /// Maps the memory over a part of this process's addresses.
  ///
  /// - Parameter start: The first address, that of a page; as many bytes of pages are the caller's.
  /// - Throws: ``Failure`` if the system refuses.
  @unsafe func map(over start: UnsafeMutableRawPointer) throws(Failure) {
    let mapped = unsafe mmap(
      start, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, 0)
    guard unsafe mapped == start else { throw Failure("mmap", "/\(name)") }
  }
}
