/// What a checkpoint is called: what it is of, and how far that has come.
///
/// `<task>-<steps>`, the steps in nine digits or more, or `<task>-finished`.
public struct CheckpointName: Hashable, Sendable {
  /// How far a task has come.
  public enum Progress: Hashable, Sendable {
    /// So many steps have been taken.
    case steps(Int)
    /// It has ended.
    case finished
  }

  /// What is trained by itself: `backbone`, `expert-3`, `gate`.
  public let task: String
  /// How far it has come.
  public let progress: Progress

  /// Names a checkpoint.
  public init(_ task: String, _ progress: Progress) {
    self.task = task
    self.progress = progress
  }

  private static let finished = "finished"
  private static let digits = 9

  /// Reads a name; `nil` if the text is not one as ``text`` writes it.
  public init?(_ text: String) {
    guard let dash = text.lastIndex(of: "-"), dash > text.startIndex else { return nil }
    let last = String(text[text.index(after: dash)...])
    task = String(text[..<dash])
    guard CheckpointName.isTask(task) else { return nil }
    if last == Self.finished {
      progress = .finished
    } else if let steps = Int(last) {
      progress = .steps(steps)
    } else {
      return nil
    }
    guard self.text == text else { return nil }
  }

  /// What a phase, or an expert of one, is called.
  public static func task(ofPhase phase: String, expert: Int?) -> String {
    expert.map { "expert-\($0)" } ?? phase
  }

  /// Whether a text is what a phase or an expert is called: nothing else is taken for a checkpoint.
  private static func isTask(_ text: String) -> Bool {
    guard let dash = text.firstIndex(of: "-") else { return ["backbone", "gate"].contains(text) }
    let expert = Int(text[text.index(after: dash)...])
    return expert.map { $0 >= 0 && text == task(ofPhase: "experts", expert: $0) } ?? false
  }

  /// The name of the checkpoint's directory.
  public var text: String {
    switch progress {
    case .finished: return "\(task)-\(Self.finished)"
    case .steps(let steps):
      let number = "\(steps)"
      return "\(task)-" + String(repeating: "0", count: max(0, Self.digits - number.count)) + number
    }
  }

  /// How far the task has come, to be compared: an ended one has come further than any other.
  public var order: Int {
    switch progress {
    case .steps(let steps): steps
    case .finished: .max
    }
  }
}

extension CheckpointName: Codable {
  /// Reads ``text``; throws `DecodingError` if it is no name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let name = CheckpointName(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "no name of a checkpoint: \(text)")
    }
    self = name
  }

  /// Writes ``text``.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
