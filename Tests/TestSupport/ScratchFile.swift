import Foundation

/// A file that a process writes to, in a folder of its own.
struct ScratchFile {
  /// What to give to the process.
  let handle: FileHandle

  private let folder: ScratchFolder
  private let url: URL

  /// Creates an empty file.
  init() throws {
    folder = try ScratchFolder()
    url = folder.url.appendingPathComponent("output")
    try Data().write(to: url)
    handle = try FileHandle(forWritingTo: url)
  }

  /// What was written, as text.
  func contents() throws -> String {
    String(decoding: try Data(contentsOf: url), as: UTF8.self)
  }
}
