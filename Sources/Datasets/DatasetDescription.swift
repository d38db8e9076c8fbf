public import Features
internal import Crypto
internal import FoundationEssentials
internal import Kernels

/// What `dataset.json` says about the columns beside it.
public struct DatasetDescription: Hashable, Codable, Sendable {
  /// The file's name in a dataset's directory.
  public static let fileName = "dataset.json"
  /// The version of the format that this code writes and reads.
  public static let currentSchemaVersion = 1

  /// The rows of a domain in one split.
  public struct SplitCounts: Hashable, Codable, Sendable {
    /// The number of rows.
    public var rows: Int
    /// The number of rows with label 1.
    public var positives: Int
  }

  /// The figures of one domain.
  public struct Domain: Hashable, Codable, Sendable {
    /// The domain's name, for tables.
    public var name: String
    /// The number of different ids that occur, by the field's name.
    public var distinctIDs: [String: Int]
    /// Training rows.
    public var train: SplitCounts
    /// Validation rows.
    public var validation: SplitCounts
    /// Test rows.
    public var test: SplitCounts

    /// The counts of one split.
    public subscript(split: Split) -> SplitCounts {
      switch split {
      case .train: train
      case .validation: validation
      case .test: test
      }
    }

    /// The number of rows in all splits.
    public var rows: Int { Split.allCases.reduce(0) { $0 + self[$1].rows } }
    /// The number of rows with label 1 in all splits.
    public var positives: Int { Split.allCases.reduce(0) { $0 + self[$1].positives } }
  }

  /// The version of the format.
  public var schemaVersion: Int
  /// The dataset's name, for example `movielens-1m-gender`.
  public var name: String
  /// The SHA-256 over schema and columns: equal for datasets with equal content.
  public var fingerprint: String
  /// Fields and domains.
  public var schema: Schema
  /// The figures of each domain; the index is the domain id.
  public var domains: [Domain]
  /// The SHA-256 of each column file, by its path in the dataset's directory.
  public var checksums: [String: String]
  /// Where the data comes from.
  public var provenance: Provenance
}

extension DatasetDescription {
  /// The fingerprint that schema and checksums give.
  ///
  /// The hashed text is the schema as JSON with sorted keys and no spaces, then one line
  /// `path checksum` per column, sorted by path.
  static func fingerprint(of schema: Schema, checksums: [String: String]) -> String {
    var text = json(schema, formatting: [.sortedKeys, .withoutEscapingSlashes])
    for (path, checksum) in checksums.sorted(by: { $0.key < $1.key }) {
      text += Array("\n\(path) \(checksum)".utf8)
    }
    return hexadecimal(SHA256.hash(data: text))
  }

  /// The bytes of `dataset.json`.
  var fileContents: [UInt8] {
    DatasetDescription.json(
      self, formatting: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]) + [0x0A]
  }

  /// A value as JSON.
  private static func json(
    _ value: some Encodable, formatting: JSONEncoder.OutputFormatting
  ) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    do {
      return try Array(encoder.encode(value))
    } catch {
      // Strings, integers, finite numbers and collections of them: nothing JSON cannot hold.
      preconditionFailure("encoding \(value): \(error)")
    }
  }
}
