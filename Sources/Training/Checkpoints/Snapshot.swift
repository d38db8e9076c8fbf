import Checkpoints
import Kernels
import Models

/// The floats of one file of a checkpoint: a part of the parameters and Adam's moments, or of the best parameters.
///
/// A class, not protected by a lock: the thread that trains changes it after ``CheckpointKeeper/finish()`` alone; in between
/// it is the keeper's queue's.
final class Snapshot: @unchecked Sendable {
  /// What there is of every parameter.
  enum Section: String, CaseIterable {
    case values
    case best
    case firstMoments = "adam.first"
    case secondMoments = "adam.second"
  }

  /// What a file has of every parameter.
  enum Part {
    /// What is another one after each step.
    case changing
    /// The best values, which are in a file of their own because they often stay for long.
    case best
    /// What a task that has ended leaves.
    case end

    /// The sections of the file, in order.
    var sections: [Section] {
      switch self {
      case .changing: [.values, .firstMoments, .secondMoments]
      case .best: [.best]
      case .end: [.values]
      }
    }

    /// What the file's name begins with.
    var prefix: String { self == .best ? "best-" : "" }
  }

  /// The sections it has, in order.
  let sections: [Section]
  /// Its tensors, and what every file of them begins with.
  let template: TensorFileTemplate
  /// The floats of a section, padding included.
  let sectionCount: Int
  /// How many floats it has.
  let floatCount: Int
  /// The floats; there are none before ``makeRoom()``.
  private(set) var floats = Buffer(count: 0)

  /// Lays sections out, each of which has the tensors that `reserve` reserves with a prefix.
  private init(_ sections: [Section], _ reserve: (String, inout Layout) -> Void) {
    var layout = Layout()
    for section in sections { reserve(section.rawValue + ".", &layout) }
    self.sections = sections
    template = TensorFileTemplate(layout.entries)
    sectionCount = layout.count / max(1, sections.count)
    floatCount = layout.count
  }

  /// Lays out the dense parameters of a task.
  convenience init(_ part: Part, of task: TrainingTask, _ model: Model) {
    let entries = model.layout.entries(in: task.range)
    self.init(part.sections) { prefix, layout in
      for entry in entries {
        let slot = entry.slot
        _ = layout.reserve(prefix + entry.name, rows: slot.rows, columns: slot.columns)
      }
    }
    precondition(task.range.count <= sectionCount, "\(task.range) of \(sectionCount) floats")
  }

  /// Lays out table rows, packed.
  convenience init(_ part: Part, of rows: OwnedRows) { self.init(part.sections, of: rows) }

  /// Lays out some sections of table rows, packed.
  convenience init(_ sections: [Section], of rows: OwnedRows) {
    self.init(sections) { prefix, layout in
      _ = layout.reserve(prefix + "embedding", rows: rows.count, columns: rows.rows.width)
      guard rows.rows.hasWeights else { return }
      _ = layout.reserve(prefix + "weight", rows: rows.count, columns: 1)
    }
    precondition(rows.floatCount == sectionCount, "\(rows.floatCount) of \(sectionCount) floats")
  }

  /// Takes the memory, unless it has been taken: that takes eight times as long as copying to memory that was used.
  func makeRoom() {
    if floats.count < floatCount { floats = Buffer(count: floatCount) }
  }

  /// Where a section begins.
  func start(of section: Section) -> Int {
    guard let index = sections.firstIndex(of: section) else {
      preconditionFailure("no section \(section)")
    }
    return index * sectionCount
  }

  /// Writes the floats of a range of a buffer to a section.
  func copy(
    _ range: Range<Int>, of buffer: borrowing Buffer, to section: Section, at place: Int = 0
  ) {
    makeRoom()
    floats.copy(range, of: buffer, to: start(of: section) + place)
  }

  /// Writes the first floats of a section to a buffer.
  func copy(_ section: Section, count: Int, to buffer: inout Buffer, at start: Int = 0) {
    let first = self.start(of: section)
    buffer.copy(first..<first + count, of: floats, to: start)
  }

  /// Reads the floats from a file.
  func read(_ path: String) throws(CheckpointError) {
    makeRoom()
    try TensorFile(ofCheckpoint: path).readUnchecked(template.entries, into: &floats)
  }
}
