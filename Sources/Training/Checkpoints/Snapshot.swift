import Checkpoints
import Kernels
import Models

/// The floats of one file of a checkpoint: dense tensors and table rows, each of one or more sections.
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

  /// What a file has of every parameter in it.
  enum Content {
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
  }

  /// Its tensors, and what every file of them begins with.
  let template: TensorFileTemplate
  /// How many floats it has.
  let floatCount: Int
  /// The floats; there are none before ``makeRoom()``.
  private(set) var floats = Buffer(count: 0)
  /// The dense tensors.
  private let tensors: [Tensor]
  /// Where the packed rows of a section begin.
  private let rowStarts: [Section: Int]

  /// A dense tensor.
  private struct Tensor {
    let section: Section
    /// Where it lies among the parameters.
    let parameters: Range<Int>
    /// Where it begins here.
    let start: Int

    /// Where it lies in a buffer that has the parameters from `first` on.
    func range(from first: Int) -> Range<Int> {
      parameters.lowerBound - first..<parameters.upperBound - first
    }
  }

  /// Lays out dense tensors, and some sections of table rows, packed.
  private init(_ dense: [DenseShares.Item], _ sections: [Section], of rows: OwnedRows?) {
    var layout = Layout()
    tensors = dense.map { item in
      let slot = item.entry.slot
      let name = "\(item.section.rawValue).\(item.entry.name)"
      let start = layout.reserve(name, rows: slot.rows, columns: slot.columns).offset
      return Tensor(section: item.section, parameters: slot.range, start: start)
    }
    var rowStarts: [Section: Int] = [:]
    if let rows {
      for section in sections {
        let start = layout.count
        rowStarts[section] = start
        let name = section.rawValue
        _ = layout.reserve(name + ".embedding", rows: rows.count, columns: rows.rows.width)
        if rows.rows.hasWeights {
          _ = layout.reserve(name + ".weight", rows: rows.count, columns: 1)
        }
        precondition(
          layout.count - start == rows.floatCount, "\(rows.floatCount) floats of rows")
      }
    }
    self.rowStarts = rowStarts
    template = TensorFileTemplate(layout.entries)
    floatCount = layout.count
  }

  /// Lays out a part of what a task changes: its share of the dense tensors, and the rows of its owner.
  convenience init(
    _ content: Content, _ part: Int, of shares: DenseShares, rows: OwnedRows? = nil
  ) {
    self.init(
      shares.items(ofPart: part, content.sections), content.sections, of: rows)
  }

  /// Lays out one section of table rows, packed.
  convenience init(_ section: Section, of rows: OwnedRows) { self.init([], [section], of: rows) }

  /// Takes the memory, unless it has been taken: that takes eight times as long as copying to memory that was used.
  func makeRoom() {
    if floats.count < floatCount { floats = Buffer(count: floatCount) }
  }

  /// Reads the floats from a file.
  func read(_ path: String) throws(CheckpointError) {
    makeRoom()
    try TensorFile(ofCheckpoint: path).readUnchecked(template.entries, into: &floats)
  }
}

// MARK: - Dense tensors

extension Snapshot {
  /// Copies the dense tensors of a section from a buffer that has the parameters from `first` on.
  func copyDense(_ section: Section, from buffer: borrowing Buffer, first: Int) {
    makeRoom()
    for tensor in tensors where tensor.section == section {
      floats.copy(tensor.range(from: first), of: buffer, to: tensor.start)
    }
  }

  /// Copies the dense tensors of a section to a buffer that has the parameters from `first` on.
  func copyDense(_ section: Section, to buffer: inout Buffer, first: Int) {
    for tensor in tensors where tensor.section == section {
      let target = tensor.range(from: first)
      buffer.copy(
        tensor.start..<tensor.start + target.count, of: floats, to: target.lowerBound)
    }
  }
}

// MARK: - Table rows

extension Snapshot {
  /// Where the packed rows of a section begin.
  private func rowStart(of section: Section) -> Int {
    guard let start = rowStarts[section] else { preconditionFailure("no rows of \(section)") }
    return start
  }

  /// Writes floats of a buffer to the packed rows of a section, from `place` on.
  func copyRows(
    _ section: Section, from range: Range<Int>, of buffer: borrowing Buffer, at place: Int = 0
  ) {
    makeRoom()
    floats.copy(range, of: buffer, to: rowStart(of: section) + place)
  }

  /// Writes the packed rows of a section to the first floats of a buffer.
  func copyRows(_ section: Section, count: Int, to buffer: inout Buffer) {
    let start = rowStart(of: section)
    buffer.copy(start..<start + count, of: floats, to: 0)
  }
}
