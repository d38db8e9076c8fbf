/// What the files of a task's checkpoints are called.
enum SnapshotName {
  /// The file of dense parameters.
  static func dense(_ part: Snapshot.Part) -> String { part.prefix + "dense.safetensors" }

  /// One of the files of table rows.
  static func rows(_ part: Snapshot.Part, _ index: Int, of count: Int) -> String {
    "\(part.prefix)rows-\(index)-of-\(count).safetensors"
  }

  /// All files of a checkpoint that has so many of table rows.
  static func all(_ parts: [Snapshot.Part], rowFiles count: Int) -> [String] {
    parts.flatMap { part in [dense(part)] + (0..<count).map { rows(part, $0, of: count) } }
  }
}
