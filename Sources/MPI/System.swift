internal import COpenMPI
internal import Glibc

/// What this process asks of the operating system.
enum System {
  /// An environment variable's value, `nil` if it is not set.
  static func variable(_ name: String) -> String? {
    // Sound: the text is copied at once; nothing changes the environment after MPI has started.
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// Sets an environment variable unless it has a value.
  static func setDefault(_ name: String, to value: String) {
    // Sound: the system copies both texts.
    unsafe setenv(name, value, 0)
  }

  /// The number of cores the calling thread may run on, `nil` if the system does not tell.
  static var usableCoreCount: Int? {
    let count = Int(copenmpi_usable_cores())
    return count > 0 ? count : nil
  }

  /// The number of cores of the machine that are in service, `nil` if the system does not tell.
  static var onlineCoreCount: Int? {
    let count = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return count > 0 ? count : nil
  }

  /// The name of the machine.
  static var hostName: String {
    unsafe text(capacity: 256) { start, _ in unsafe gethostname(start, 256) }
  }

  /// The name under which this program was started, without its directory.
  static var programName: String {
    let path = CommandLine.arguments.first ?? ""
    return path.split(separator: "/").last.map(String.init) ?? "program"
  }

  /// Pauses the calling thread.
  static func sleep(_ duration: Duration) {
    usleep(UInt32(duration / .microseconds(1)))
  }

  /// Ends the process.
  static func exit(_ code: Int32) -> Never { Glibc.exit(code) }

  /// Ends the process without any of the work that ``exit(_:)`` does first.
  static func exitAtOnce(_ code: Int32) -> Never { _exit(code) }

  /// Runs a body in a thread of its own that nobody waits for; returns whether there is one.
  static func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Task: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let task = unsafe Unmanaged.passRetained(Task(body))
    var thread = pthread_t()
    // Sound: the new thread takes over the reference that was made for it.
    let code = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Task>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, task.toOpaque())
    guard code == 0 else {
      unsafe task.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  /// Writes a line to standard error in one piece.
  static func report(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // Sound: the count is the array's own.
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
  }

  /// The text that a C function writes into a buffer of `capacity` characters; empty if it fails.
  static func text(
    capacity: Int, _ body: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
  ) -> String {
    var length: Int32 = 0
    // Sound: one more zero than `body` may write ends the text in any case.
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { buffer in
      unsafe buffer.initialize(repeating: 0)
      guard let start = buffer.baseAddress, unsafe body(start, &length) == 0 else { return "" }
      return unsafe String(cString: start)
    }
  }
}
