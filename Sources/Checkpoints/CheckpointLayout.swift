/// How the files of a checkpoint are called.
enum CheckpointLayout {
  /// What the checkpoint is of, and which files it has.
  static let manifest = "manifest.json"
  /// Its size is a multiple of so many bytes.
  static let manifestBlock = 4096
  /// The most bytes that are written or read as one: those of millions of evaluations of a few domains.
  static let manifestLimit = 1 << 30
  /// What a manifest's digest was in up to version 4 of the format.
  private static let formerDigest = "manifest.sha256"
  /// Whether a file of a checkpoint, of any version, can have a name.
  static func isOwn(_ name: String) -> Bool {
    [manifest, formerDigest].contains(name) || name.hasSuffix(".safetensors")
  }

  /// What is behind the name of a checkpoint that is being written.
  static let partial = ".partial"
  /// What is behind the name of a checkpoint that is being removed.
  static let removed = ".removed"

  /// What is behind the name of a directory whose files are to be written over.
  static let spare = ".spare"
}
