/// When checkpoints are written, where, and how many are kept; no result depends on it.
public struct CheckpointConfiguration: Hashable, Codable, Sendable {
  /// A checkpoint is written when a task has taken a multiple of so many steps; 0 for never.
  public var everySteps = 0
  /// A checkpoint is written when the last one of a task is so many seconds old; 0 for never.
  public var everySeconds = 600
  /// The checkpoints of a task that has not ended that are kept, the newest ones.
  public var keep = 2
  /// The directory of the checkpoints; `checkpoints` in that of the run if it is empty.
  public var directory = ""

  /// The defaults.
  public init() {}

  /// Whether any checkpoint is written.
  public var isEnabled: Bool { everySteps > 0 || everySeconds > 0 }
}
