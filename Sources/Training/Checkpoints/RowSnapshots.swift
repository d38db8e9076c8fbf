import Checkpoints
import Kernels

/// Reads table rows from the files of ranks that owned other ones than this rank does.
struct RowSnapshots {
  /// The files of a checkpoint, in the order of owners.
  let paths: [String]
  /// Who owned which rows.
  let owners: RowOwners

  /// Reads a section of the rows that a rank owns, packed.
  ///
  /// - Complexity: reads the section of all files, one after another, unless the owners are the same.
  func read(
    _ section: Snapshot.Section, of owned: OwnedRows
  ) throws(CheckpointError) -> Snapshot {
    let target = Snapshot([section], of: owned)
    if owners == owned.owners {
      try target.read(paths[owned.rank])
      return target
    }
    for (index, path) in paths.enumerated() {
      let theirs = OwnedRows(owned.rows, owners, rank: index)
      let source = Snapshot([section], of: theirs)
      try source.read(path)
      for place in 0..<theirs.count {
        let row = theirs.row(at: place)
        guard owned.owns(row) else { continue }
        let (from, to) = (theirs.floats(at: place), owned.floats(ofRow: row))
        target.copy(from.embedding, of: source.floats, to: section, at: to.embedding.lowerBound)
        guard let weight = from.weight, let place = to.weight else { continue }
        target.copy(weight..<weight + 1, of: source.floats, to: section, at: place)
      }
    }
    return target
  }
}
