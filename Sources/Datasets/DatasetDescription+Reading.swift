internal import Features
internal import FoundationEssentials
internal import Files

extension DatasetDescription {
  /// Reads and checks the description in a dataset's directory.
  ///
  /// - Throws: ``DatasetError`` if it is missing, is not of this format, or contradicts itself.
  public init(ofDatasetAt directory: String) throws(DatasetError) {
    let path = "\(directory)/\(DatasetDescription.fileName)"
    let bytes = try MappedFile(opening: path).contents
    func unexpected(_ expected: String, _ found: String) -> DatasetError {
      .unexpected(path: path, line: nil, expected: expected, found: found)
    }
    do {
      self = try JSONDecoder().decode(DatasetDescription.self, from: Data(bytes))
    } catch {
      throw unexpected("a dataset's description", faultInJSON(error))
    }
    guard schemaVersion == DatasetDescription.currentSchemaVersion else {
      throw unexpected(
        "schemaVersion \(DatasetDescription.currentSchemaVersion)", "\(schemaVersion)")
    }
    if let (expected, found) = schema.contradiction { throw unexpected(expected, found) }
    guard domains.map(\.name) == schema.domainNames else {
      throw unexpected("domains named \(schema.domainNames)", "\(domains.map(\.name))")
    }
    for split in Split.allCases { try requireNumberableRows(of: split, path: path) }
    guard checksums.keys.sorted() == columnPaths.sorted() else {
      throw unexpected(
        "checksums of \(columnPaths.count) columns, one per domain, split and field",
        "\(checksums.count) checksums or other paths")
    }
    let content = DatasetDescription.fingerprint(of: schema, checksums: checksums)
    guard fingerprint == content else {
      throw unexpected("fingerprint \(content), as schema and checksums give", fingerprint)
    }
  }

  /// Throws unless the samples of a split, over all domains, are 32-bit numbers.
  private func requireNumberableRows(of split: Split, path: String) throws(DatasetError) {
    var rest = Int(Int32.max)
    for (domain, counts) in domains.enumerated() {
      let rows = counts[split].rows
      guard (0...rest).contains(rows) else {
        throw .unexpected(
          path: path, line: nil,
          expected: "at most \(Int32.max) \(split) rows, which leaves 0...\(rest) for domain "
            + "\(domain)", found: "\(rows)")
      }
      rest -= rows
    }
  }

  /// The path of every column in the dataset's directory.
  var columnPaths: [String] {
    domains.indices.flatMap { domain in
      Split.allCases.flatMap { split in
        (schema.storedFieldNames + [Schema.labelName]).map {
          columnPath(domain: domain, split: split, name: $0)
        }
      }
    }
  }
}
