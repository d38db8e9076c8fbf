internal import COpenMPI

/// Which threads of a process may call MPI.
public enum ThreadLevel: String, CaseIterable, Sendable {
  /// The process has one thread.
  case single
  /// Only the thread that started MPI calls it.
  case funneled
  /// Any thread calls MPI, one at a time.
  case serialized
  /// Any thread calls MPI at any time.
  case multiple

  init?(value: Int32) {
    guard let level = Self.allCases.first(where: { $0.value == value }) else { return nil }
    self = level
  }

  /// MPI's own constant.
  var value: Int32 {
    switch self {
    case .single: Int32(MPI_THREAD_SINGLE)
    case .funneled: Int32(MPI_THREAD_FUNNELED)
    case .serialized: Int32(MPI_THREAD_SERIALIZED)
    case .multiple: Int32(MPI_THREAD_MULTIPLE)
    }
  }
}

extension ThreadLevel: Comparable {
  /// Whether the first level permits less than the second; the standard orders its constants so.
  public static func < (first: ThreadLevel, second: ThreadLevel) -> Bool {
    first.value < second.value
  }
}
