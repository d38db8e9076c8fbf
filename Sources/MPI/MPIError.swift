/// A failure of the message passing system, or a request it cannot fulfil.
public enum MPIError: Error, Hashable, Sendable {
  /// An MPI routine returned an error code; `text` is MPI's own explanation.
  case routineFailed(routine: String, rank: Int, size: Int, code: Int, text: String)
  /// A message or a root names a rank that the communicator does not have.
  case noSuchRank(Int, routine: String, rank: Int, size: Int)
  /// A blocking message to or from the calling rank itself, which could never be delivered.
  case messageToItself(routine: String, rank: Int, size: Int)
  /// A receive from any rank in a communicator that has only one.
  case noOtherRank(routine: String)
  /// More elements than MPI's 32-bit counts can express, where they cannot be sent in pieces.
  case countTooLarge(Int, limit: Int, routine: String)
  /// A launcher announced another number of ranks than MPI found.
  case worldSizeMismatch(found: Int, announced: Int, launcher: Launcher)
  /// A launcher's variable that holds a number of ranks does not hold a positive number.
  case malformedAnnouncement(String, launcher: Launcher)
  /// The MPI library does not offer the thread support that was asked for.
  case threadLevelUnavailable(requested: ThreadLevel, provided: ThreadLevel)
  /// MPI was started a second time in a process, which the standard forbids.
  case alreadyStarted
}

extension MPIError: CustomStringConvertible {
  /// One line: what was being done, by which rank of how many, and what went wrong.
  public var description: String {
    switch self {
    case .routineFailed(let routine, let rank, let size, let code, let text):
      "\(routine) on rank \(rank) of \(size): \(text) (code \(code))"
    case .noSuchRank(let peer, let routine, let rank, let size):
      "\(routine) on rank \(rank) of \(size): expected a rank in 0..<\(size), found \(peer)"
    case .messageToItself(let routine, let rank, let size):
      "\(routine) on rank \(rank) of \(size): expected another rank, found the caller itself"
    case .noOtherRank(let routine):
      "\(routine) on rank 0 of 1: expected another rank to receive from, found none"
    case .countTooLarge(let count, let limit, let routine):
      "\(routine): expected at most \(limit) elements, found \(count)"
    case .worldSizeMismatch(let found, let announced, let launcher):
      "starting MPI: \(launcher.rawValue) announces \(announced) \(announced == 1 ? "rank" : "ranks"), MPI found \(found); "
        + launcher.remedy
    case .malformedAnnouncement(let text, let launcher):
      "starting MPI: expected a positive number in \(launcher.rawValue), found '\(text)'"
    case .threadLevelUnavailable(let requested, let provided):
      "starting MPI: expected thread level \(requested), found \(provided)"
    case .alreadyStarted:
      "starting MPI: it was started before, and a process can start it only once"
    }
  }
}
