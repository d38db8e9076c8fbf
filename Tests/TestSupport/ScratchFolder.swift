public import Foundation

/// A folder that is removed, with all that is in it, when it is no longer used.
public final class ScratchFolder: Sendable {
  /// Where the folder is.
  public let url: URL

  /// The folder's path.
  public var path: String { url.path }

  /// Creates an empty folder among the temporary files.
  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  // A folder that cannot be removed is left to the system's own cleaning.
  deinit { try? FileManager.default.removeItem(at: url) }
}
