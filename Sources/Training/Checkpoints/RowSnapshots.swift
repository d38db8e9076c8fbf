import Checkpoints
import Kernels

/// Reads table rows from the files of ranks that owned other ones than this rank does.
struct RowSnapshots {
  /// The files of a checkpoint, in the order of owners.
  let paths: [String]
  /// Who owned which rows.
  let owners: RowOwners

  /// The most rows that are read at a time, of files of other owners.
  private static let rowsAtATime = 1 << 14

  /// Reads a section of the rows that a rank owns, packed.
  ///
  /// - Complexity: reads the section of all files, one after another, unless the owners are the same.
  func read(
    _ section: Snapshot.Section, of owned: OwnedRows
  ) throws(CheckpointError) -> Snapshot {
    let target = Snapshot(section, of: owned)
    if owners == owned.owners {
      try target.read(paths[owned.rank])
      return target
    }
    for (index, path) in paths.enumerated() {
      let theirs = OwnedRows(owned.rows, owners, rank: index)
      let file = try TensorFile(ofCheckpoint: path)
      // Embeddings and, with a wide part, weights: of what is only laid out no memory is taken.
      let tensors = Snapshot(section, of: theirs).template.entries
      try copy(tensors[0], of: file, theirs, to: target, section) { row in
        owned.owns(row) ? owned.floats(ofRow: row).embedding.lowerBound : nil
      }
      guard tensors.count > 1 else { continue }
      try copy(tensors[1], of: file, theirs, to: target, section) { row in
        owned.owns(row) ? owned.floats(ofRow: row).weight : nil
      }
    }
    return target
  }

  /// Copies the rows of a file's tensor to where they are wanted, some at a time.
  private func copy(
    _ tensor: Layout.Entry, of file: borrowing TensorFile, _ theirs: OwnedRows,
    to target: Snapshot, _ section: Snapshot.Section, at place: (_ row: Int) -> Int?
  ) throws(CheckpointError) {
    let width = tensor.slot.columns
    var block = Buffer(count: min(RowSnapshots.rowsAtATime, theirs.count) * width)
    for first in stride(from: 0, to: theirs.count, by: RowSnapshots.rowsAtATime) {
      let places = first..<min(first + RowSnapshots.rowsAtATime, theirs.count)
      try file.readUnchecked(places, of: tensor, into: &block)
      for index in places {
        guard let place = place(theirs.row(at: index)) else { continue }
        let start = (index - first) * width
        target.copyRows(section, from: start..<start + width, of: block, at: place)
      }
    }
  }
}
