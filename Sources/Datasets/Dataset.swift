public import Features
internal import Files

/// An opened dataset: a directory with `dataset.json` and one memory-mapped file per column.
///
/// ```swift
/// let dataset = try Dataset(directory: "data/movielens")
/// let training = dataset.rows(of: .train)
/// ```
public struct Dataset: Sendable {
  /// The dataset's directory.
  public let directory: String
  /// What `dataset.json` says.
  public let description: DatasetDescription
  private let splits: [Split: SplitRows]

  /// Opens and checks a dataset: the description, every column's type and size, that ids are in range,
  /// labels are 0 or 1, counts are as described, and both labels occur in each domain's splits.
  ///
  /// Checksums are left to ``verify()``.
  ///
  /// - Throws: ``DatasetError`` for the first thing that is not as it should be.
  public init(directory: String) throws(DatasetError) {
    self.directory = directory
    description = try DatasetDescription(ofDatasetAt: directory)
    var splits: [Split: SplitRows] = [:]
    for split in Split.allCases {
      splits[split] = try SplitRows(split, of: description, at: directory)
    }
    self.splits = splits
  }

  /// Fields and domains.
  public var schema: Schema { description.schema }

  /// A checksum of the content: equal for datasets with equal schema, rows and splits.
  public var fingerprint: String { description.fingerprint }

  /// The rows of one split.
  public func rows(of split: Split) -> SplitRows {
    guard let rows = splits[split] else { preconditionFailure("\(split) was not opened") }
    return rows
  }

  /// Compares every column file with its checksum.
  ///
  /// - Throws: ``DatasetError`` naming the first file that differs.
  /// - Complexity: O(bytes): reads everything.
  public func verify() throws(DatasetError) {
    for path in description.columnPaths {
      let file = try MappedFile(opening: "\(directory)/\(path)")
      let found = file.checksum
      guard let expected = description.checksums[path], expected == found else {
        throw .unexpected(
          path: file.path, line: nil,
          expected: "SHA-256 \(description.checksums[path] ?? "none")",
          found: "\(found); copy the dataset again, or prepare it anew")
      }
    }
  }
}
