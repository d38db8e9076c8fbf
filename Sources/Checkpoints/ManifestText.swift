internal import Files
internal import FoundationEssentials

/// The text of a checkpoint's manifest as it was written: it ends with the SHA-256 of all bytes before, which fits.
///
/// It is read once; whoever trains has members of its own in the same JSON object, and decodes those as well.
public struct ManifestText: Sendable {
  /// What the manifests of all checkpoints say; its numbers and names are such as a training writes.
  public let common: CheckpointManifest
  /// The file's path.
  public let path: String
  private let text: Data

  /// Reads the manifest in the directory of a checkpoint.
  ///
  /// - Throws: ``CheckpointError`` if it cannot be read, is of another version, or is not as it was written.
  init(in folder: String) throws(CheckpointError) {
    let path = "\(folder)/\(CheckpointLayout.manifest)"
    let bytes = try ManifestText.contents(of: path)
    let text = Data(bytes)
    let fault = SealedObject.fault(of: bytes)
    if case .differs(let expected, let found) = fault {
      throw .unexpected(file: path, key: "sha256", expected: expected, found: found)
    }
    // Former versions have their digest elsewhere. What is no JSON is told below.
    let version = try? ManifestText.decode(Version.self, from: text, of: path).schemaVersion
    if let version, version != CheckpointManifest.currentVersion {
      throw .otherVersion(
        file: path, expected: CheckpointManifest.currentVersion, found: version)
    }
    if fault == .notSealed {
      throw .unexpected(
        file: path, key: "sha256", expected: "a digest at the end", found: "none")
    }
    self.path = path
    self.text = text
    common = try ManifestText.decode(CheckpointManifest.self, from: text, of: path)
    try common.check(path)
  }

  /// All the members that a type wants.
  ///
  /// - Throws: ``CheckpointError/unexpected(file:key:expected:found:)`` if one is missing or of another kind.
  public func members<Members: Decodable>(
    as type: Members.Type
  ) throws(CheckpointError) -> Members {
    try ManifestText.decode(type, from: text, of: path)
  }

  /// What manifests of all versions have.
  private struct Version: Decodable {
    let schemaVersion: Int
  }

  /// The bytes of a file that is not too large to be held.
  private static func contents(of path: String) throws(CheckpointError) -> [UInt8] {
    let file = try regularFile(path)
    let size = try reading { () throws(SystemCallError) in try file.sizeInBytes }
    guard size <= CheckpointLayout.manifestLimit else {
      throw .otherKind(
        path: path, expected: "a manifest of \(CheckpointLayout.manifestLimit) bytes at most",
        found: "one of \(size)")
    }
    return try reading { () throws(SystemCallError) in try file.contents() }
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, from text: Data, of path: String
  ) throws(CheckpointError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: text)
    } catch {
      throw .unexpected(
        file: path, key: "manifest",
        expected: "a manifest of version \(CheckpointManifest.currentVersion)",
        found: faultInJSON(error))
    }
  }
}
