import FoundationEssentials
import Glibc

/// What processes that were ended have left behind, known by their number in its name.
///
/// A process holds the lock of what it makes as long as it makes it. So something is a leftover if no
/// process has the number and nobody holds the lock: in a container, or on another machine that shares
/// the directory, a process may live that has no number here.
public enum Leftovers: Sendable {
  /// The paths of leftovers in a directory, sorted.
  ///
  /// Where the directory cannot be listed, or its file system has no locks, there are none.
  ///
  /// - Parameters:
  ///   - directory: The directory.
  ///   - prefix: The name up to the number of the process.
  ///   - suffix: The name after it.
  ///   - kind: What ``kindOfNonregularFile(at:)`` says of a leftover, `nil` for a regular file.
  /// - Returns: The paths.
  public static func paths(
    in directory: String, prefix: String, suffix: String, kind: String? = nil
  ) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.sorted().filter { name in
      process(in: name, prefix: prefix, suffix: suffix).map(isGone) ?? false
    }
    .map { directory + "/" + $0 }
    .filter { kindOfNonregularFile(at: $0) == kind && isUnlocked($0) }
  }

  /// The number between a prefix and a suffix, written as a process's number is.
  private static func process(in name: String, prefix: String, suffix: String) -> pid_t? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix),
      name.utf8.count > prefix.utf8.count + suffix.utf8.count
    else { return nil }
    let text = name.dropFirst(prefix.count).dropLast(suffix.count)
    guard let number = pid_t(text), number > 0, "\(number)" == text else { return nil }
    return number
  }

  /// Whether no other process has a number: one with this process's own has ended before it.
  private static func isGone(_ process: pid_t) -> Bool {
    process == getpid() || (kill(process, 0) != 0 && errno == ESRCH)
  }

  private static func isUnlocked(_ path: String) -> Bool {
    guard let file = try? FileDescriptor(reading: path) else { return false }
    return (try? file.lock()) ?? false
  }
}
