/// What the files of a task's checkpoints are called.
enum SnapshotName {
  /// A part of what a checkpoint has.
  static func file(_ content: Snapshot.Content, part: Int, of count: Int) -> String {
    "\(content == .best ? "best" : "part")-\(part)-of-\(count).safetensors"
  }

  /// All files of a checkpoint that has so many parts.
  static func all(_ contents: [Snapshot.Content], parts count: Int) -> [String] {
    contents.flatMap { content in
      (0..<count).map { file(content, part: $0, of: count) }
    }
  }
}
