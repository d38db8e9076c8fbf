internal import FoundationEssentials

/// What all manifests of a run say.
public struct CheckpointIdentity: Hashable, Codable, Sendable {
  /// The complete configuration: the values of all keys, as they are written.
  public var configuration: [String: String]
  /// The data.
  public var dataset: DatasetSource
  /// What it was computed with, a fact a line: the build of the program and the processor's instruction set.
  public var build: [String]

  /// States them.
  public init(configuration: [String: String], dataset: DatasetSource, build: [String]) {
    self.configuration = configuration
    self.dataset = dataset
    self.build = build
  }
}

/// The data that a run is trained on.
public struct DatasetSource: Hashable, Codable, Sendable {
  /// The dataset's name.
  public var name: String
  /// The checksum of its content.
  public var fingerprint: String
  /// The directory it was read from.
  public var directory: String

  /// Names the data.
  public init(name: String, fingerprint: String, directory: String) {
    self.name = name
    self.fingerprint = fingerprint
    self.directory = directory
  }
}

/// The text of an identity, with which every manifest of a run begins.
///
/// It is made once: of the time that publishing a small checkpoint takes, making it was a fifth.
public struct EncodedIdentity: Sendable {
  /// A JSON object without its last brace.
  let openObject: [UInt8]

  /// Encodes an identity.
  public init(_ identity: CheckpointIdentity) {
    guard let text = try? JSONEncoder.ofManifests.encode(identity) else {
      preconditionFailure("text that JSON cannot have")
    }
    openObject = Array(text.dropLast())
  }
}

extension JSONEncoder {
  /// One that writes the same bytes for the same values.
  static var ofManifests: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}
