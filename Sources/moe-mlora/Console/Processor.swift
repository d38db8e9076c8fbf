internal import CProcessor
internal import Foundation
internal import Kernels

/// The processor this process runs on.
enum Processor {
  /// Ends the process, with one line on rank 0, if this build cannot run here.
  ///
  /// Call it before anything else: any other code may hold the instructions that are missing.
  static func requireCompatibility() {
    let isFirstRank = processor_announced_rank() == 0
    processor_require_extensions(ExitStatus.badInput.rawValue, isFirstRank ? 1 : 0)
  }

  /// The instruction set level that this program was compiled for.
  static var compiledLevel: String {
    // Sound: a literal.
    unsafe String(cString: processor_compiled_level())
  }

  /// The instruction set extensions that this program was compiled for and therefore needs.
  static var requiredExtensions: String {
    // Sound: a text that the first call makes and none changes; the program has one thread.
    unsafe String(cString: processor_required_extensions())
  }

  /// The C compiler of the toolchain that compiled this program.
  static var compiler: String {
    // Sound: a literal.
    unsafe String(cString: processor_compiler())
  }

  /// The version of the C library that runs.
  static var libraryVersion: String {
    // Sound: a literal of the library.
    unsafe String(cString: processor_c_library())
  }

  /// The bytes of memory that a rank has if so many processes share the machine; those that it may have
  /// addresses for: the limit (`ulimit -v`) less what is mapped already and what MPI will map; and those that
  /// processes can share.
  static func memory(processes: Int) -> (share: Int, addresses: Int, shared: Int) {
    let share = physicalMemoryInBytes / processes
    let addresses = addressLimitInBytes.map { max(0, $0 - mappedBytes - bytesForMPI) }
    return (share, addresses ?? .max, SharedMemory.freeBytes)
  }

  /// The memory of the machine, or the addresses this process may have, if those are fewer.
  static var memoryInBytes: Int { min(physicalMemoryInBytes, addressLimitInBytes ?? .max) }

  /// What two ranks that train a small model were seen to map beside it, and some more.
  private static let bytesForMPI = 400_000_000

  private static var physicalMemoryInBytes: Int {
    Int(clamping: ProcessInfo.processInfo.physicalMemory)
  }

  /// The limit of addresses, if there is one.
  private static var addressLimitInBytes: Int? {
    var limit = rlimit()
    // Sound: the system fills the structure, whose address it gets for the call alone.
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else {
      return nil
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// The bytes of addresses that this process uses so far; zero if the system does not tell.
  private static var mappedBytes: Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
  }

  /// The most memory this process has held so far.
  static var peakMemoryInBytes: Int {
    var usage = rusage()
    // Sound: as in `memoryInBytes`.
    guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return Int(usage.ru_maxrss) * 1024
  }

  /// The model's name, as the system gives it.
  static var model: String { cpuinfo["model name"] ?? "unknown" }

  /// The instruction set extensions that matter for speed and that the processor has.
  static var extensions: [String] {
    let flags = Set((cpuinfo["flags"] ?? "").split(separator: " "))
    return [
      "sse4_2", "popcnt", "avx", "avx2", "fma", "bmi1", "bmi2", "f16c", "avx512f", "avx512bw",
      "avx512cd", "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile",
      "amx_bf16", "amx_int8",
    ]
    .filter { flags.contains(Substring($0)) }
  }

  /// The first processor's entries in `/proc/cpuinfo`.
  private static var cpuinfo: [Substring: String] {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
    return lines.reduce(into: [:]) { entries, line in
      guard let colon = line.firstIndex(of: ":") else { return }
      let name = line[..<colon].prefix { $0 != "\t" }
      entries[name] = line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
    }
  }
}
