/// What a checkpoint has kept a rank from the next step for; it is written beside that.
public struct CheckpointCost: Hashable, Sendable {
  /// The checkpoint's name.
  public var name: String
  /// The bytes that this rank has copied, to write them.
  public var bytesCopied: Int
  /// How long the step has waited: for what other ranks have of it, for what was still being written, and for copying.
  public var seconds: Double
  /// How much of that was for the last checkpoint to be written, or, of a task's first one, for the memory of the copies.
  public var secondsForLast: Double
}
