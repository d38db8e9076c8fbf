/// What ranks send one another in an exchange.
public struct Traffic: Hashable, Codable, Sendable {
  /// How often the busiest rank waits for a message before it can go on.
  public var rounds = 0
  /// The messages that the busiest rank sends or receives, whichever are more.
  public var messages = 0
  /// Their bytes.
  public var bytes = 0
  /// The bytes that all ranks send.
  public var totalBytes = 0

  /// No traffic.
  public init() {}

  init(rounds: Int, messages: Int, bytes: Int, totalBytes: Int) {
    self.rounds = rounds
    self.messages = messages
    self.bytes = bytes
    self.totalBytes = totalBytes
  }

  /// One exchange after another.
  public static func + (first: Traffic, second: Traffic) -> Traffic {
    Traffic(
      rounds: first.rounds + second.rounds, messages: first.messages + second.messages,
      bytes: first.bytes + second.bytes, totalBytes: first.totalBytes + second.totalBytes)
  }

  /// The same exchange a number of times.
  public static func * (times: Int, one: Traffic) -> Traffic {
    Traffic(
      rounds: times * one.rounds, messages: times * one.messages, bytes: times * one.bytes,
      totalBytes: times * one.totalBytes)
  }
}
