internal import Files
internal import FoundationEssentials
internal import Glibc
internal import Kernels

/// The checkpoints of a run: a directory with a directory for each.
///
/// A directory with the name of a checkpoint is a whole one, however processes, machines and disks fail: it gets its name
/// when all its files are on the storage device. When the power goes, the name of one that was not wanted any more may
/// come back, with bytes of another one: some, which do not fit its SHA-256, or all, and then its manifest is of other
/// steps than its name. What has another name is being written, removed or kept to be written over, or was when that
/// ended.
public struct CheckpointFolder: Hashable, Sendable {
  /// The directory.
  public let path: String

  /// The checkpoints in a directory, which need not be there.
  public init(path: String) { self.path = path }

  /// The directory of a checkpoint.
  public func path(of name: CheckpointName) -> String { "\(path)/\(name.text)" }

  /// The directory whose files the next checkpoint of a task is to be written over, if it is there.
  func path(ofSpareOf task: String) -> String {
    path(of: CheckpointName(task, .finished)) + CheckpointLayout.spare
  }

  /// Whether a leftover is what is kept to be written over, as long as a training lasts.
  public static func isSetAside(_ leftover: String) -> Bool {
    leftover.hasSuffix(CheckpointLayout.spare)
  }

  /// Whether a leftover is one that is in no other checkpoint's way: it was being removed, and its name is not there
  /// again.
  public func isOutOfTheWay(_ leftover: String) -> Bool {
    leftover.hasSuffix(CheckpointLayout.removed)
      && !isAnything(at: String(leftover.dropLast(CheckpointLayout.removed.count)))
  }

  /// Whether something is there under a checkpoint's name.
  public func contains(_ name: CheckpointName) -> Bool { isAnything(at: path(of: name)) }

  /// The checkpoints that are there: those of a task together, those that have come further first.
  ///
  /// - Throws: ``CheckpointError/unreadable(_:)`` if a directory is there that cannot be listed, or something else;
  ///   ``CheckpointError/otherKind(path:expected:found:)`` for a link that leads nowhere.
  public var names: [CheckpointName] {
    get throws(CheckpointError) {
      try entries.compactMap(CheckpointName.init).sorted {
        ($0.task, $1.order) < ($1.task, $0.order)
      }
    }
  }

  /// What writers and removers that have been ended left, sorted; whoever asks makes sure that none is at work.
  ///
  /// - Throws: As ``names``.
  public var leftovers: [String] {
    get throws(CheckpointError) {
      try entries.filter { entry in
        [CheckpointLayout.partial, CheckpointLayout.removed, CheckpointLayout.spare].contains {
          suffix in
          entry.hasSuffix(suffix) && CheckpointName(String(entry.dropLast(suffix.count))) != nil
        }
      }.sorted().map { "\(path)/\($0)" }
    }
  }

  /// The names of all checkpoints and leftovers, sorted.
  ///
  /// - Throws: As ``names``.
  public var directories: [String] {
    get throws(CheckpointError) {
      (try names.map(\.text) + leftovers.map { String($0.dropFirst(path.count + 1)) }).sorted()
    }
  }

  /// The first file, by its path from here, that lies in a checkpoint or a leftover and is none of this program's.
  ///
  /// - Throws: As ``names``.
  public var foreignFile: String? {
    get throws(CheckpointError) {
      for folder in try directories where isDirectory("\(path)/\(folder)") {
        let other = try CheckpointFolder.foreignFile(in: "\(path)/\(folder)")
        if let other { return "\(folder)/\(other)" }
      }
      return nil
    }
  }

  /// The first file of a directory that is none of a checkpoint: a directory, or one that has another name.
  static func foreignFile(in folder: String) throws(CheckpointError) -> String? {
    try listing(of: folder).filter { entry in
      entry.isDirectory
        || !CheckpointLayout.isOwn(CheckpointFile(writtenAs: entry.name)?.name ?? entry.name)
    }.map(\.name).min()
  }

  private var entries: [String] {
    get throws(CheckpointError) {
      let entries = try CheckpointFolder.entries(of: path)
      // What is on a device that is not there now must not be taken for nothing.
      if entries.isEmpty, isAnything(at: path), !leadsSomewhere(path) {
        throw .otherKind(path: path, expected: "a directory", found: "a link that leads nowhere")
      }
      return entries
    }
  }

  /// The names in a directory; none if there is none.
  static func entries(of path: String) throws(CheckpointError) -> [String] {
    try listing(of: path).map(\.name)
  }

  private static func listing(
    of path: String
  ) throws(CheckpointError) -> [(name: String, isDirectory: Bool)] {
    do throws(SystemCallError) {
      return try entriesOfDirectory(path)
    } catch {
      guard error.code == ENOENT else { throw .unreadable(error) }
      return []
    }
  }
}

// MARK: - Reading

extension CheckpointFolder {
  /// Reads the manifest of a checkpoint, after all files of it have been compared with it.
  ///
  /// - Throws: ``CheckpointError`` naming the first file or key that is not as it should be.
  public func manifest(of name: CheckpointName) throws(CheckpointError) -> ManifestText {
    let folder = path(of: name)
    if isAnything(at: folder), !isDirectory(folder) {
      throw .otherKind(
        path: folder, expected: "a directory", found: kindOfNonregularFile(at: folder) ?? "a file")
    }
    let manifest = try ManifestText(in: folder)
    let files = manifest.common.files
    let expected = files.map(\.name) + [CheckpointLayout.manifest]
    let found = try CheckpointFolder.entries(of: folder)
    guard found.sorted() == expected.sorted() else {
      if let missing = Set(expected).subtracting(found).min() {
        throw .unexpected(
          file: folder, key: "files", expected: missing.onOneLine, found: "none of that name")
      }
      let other = Set(found).subtracting(expected).min()
      throw .unexpected(
        file: folder, key: "files", expected: "those of its manifest alone",
        found: other ?? "one that is there twice")
    }
    for file in files { try file.check(in: folder) }
    return manifest
  }

  /// Reads the manifest of a checkpoint whose files have been compared with it before.
  public func uncheckedManifest(of name: CheckpointName) throws(CheckpointError) -> ManifestText {
    try ManifestText(in: path(of: name))
  }
}

extension CheckpointFile {
  /// Throws unless the file in a directory has the size and the bytes of this record.
  func check(in folder: String) throws(CheckpointError) {
    let path = "\(folder)/\(name)"
    let file = try regularFile(path)
    let size = try reading { () throws(SystemCallError) in try file.sizeInBytes }
    guard size == sizeInBytes else {
      throw .unexpected(
        file: path, key: "size", expected: "\(sizeInBytes) bytes", found: "\(size)")
    }
    let found = hexadecimal(try reading { () throws(SystemCallError) in try file.sha256() })
    guard found == sha256 else {
      throw .unexpected(file: path, key: "SHA-256", expected: sha256, found: found)
    }
  }
}
