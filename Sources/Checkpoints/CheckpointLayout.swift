internal import Kernels

/// How the files of a checkpoint are called.
enum CheckpointLayout {
  /// What the checkpoint is of, and which files it has.
  static let manifest = "manifest.json"
  /// Its size is a multiple of so many bytes.
  static let manifestBlock = 4096
  /// The manifest's digest, as `sha256sum` writes it.
  static let manifestDigest = "manifest.sha256"
  /// The files that no manifest lists.
  static let own = [manifest, manifestDigest]
  /// Whether a file of a checkpoint can have a name.
  static func isOwn(_ name: String) -> Bool { own.contains(name) || name.hasSuffix(".safetensors") }

  /// What is behind the name of a checkpoint that is being written.
  static let partial = ".partial"
  /// What is behind the name of a checkpoint that is being removed.
  static let removed = ".removed"

  /// What is behind the name of a directory whose files are to be written over.
  static let spare = ".spare"

  /// The contents of the file ``manifestDigest``.
  static func digestLine(_ digest: [UInt8]) -> [UInt8] {
    Array("\(hexadecimal(digest))  \(manifest)\n".utf8)
  }
}
