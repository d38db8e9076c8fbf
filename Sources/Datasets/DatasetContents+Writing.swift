internal import Crypto
internal import Features
internal import Kernels

extension DatasetContents {
  /// Writes the dataset as a new directory, all of it or nothing.
  ///
  /// - Parameter directory: a path where there is nothing yet, or an empty directory.
  /// - Returns: What the written `dataset.json` says.
  /// - Throws: ``DatasetError`` if the path is taken or a file cannot be written.
  @discardableResult
  public func write(to directory: String) throws(DatasetError) -> DatasetDescription {
    try publishDirectory(at: directory) { (partial) throws(DatasetError) in
      var checksums: [String: String] = [:]
      for domain in schema.domainNames.indices {
        for split in Split.allCases {
          try createDirectory(at: "\(partial)/domain_\(domain)/\(split.rawValue)")
          for (name, bytes) in columns(ofDomain: domain, split) {
            let path = columnPath(domain: domain, split: split, name: name)
            try writeFile(bytes, to: "\(partial)/\(path)")
            checksums[path] = hexadecimal(SHA256.hash(data: bytes))
          }
        }
      }
      let description = DatasetDescription(
        schemaVersion: DatasetDescription.currentSchemaVersion, name: name,
        fingerprint: DatasetDescription.fingerprint(of: schema, checksums: checksums),
        schema: schema, domains: domains.indices.map(summary), checksums: checksums,
        provenance: provenance)
      try writeFile(
        description.fileContents, to: "\(partial)/\(DatasetDescription.fileName)")
      return description
    }
  }

  /// The files of one domain and split.
  private func columns(
    ofDomain domain: Int, _ split: Split
  ) -> [(name: String, bytes: [UInt8])] {
    let rows = rows(ofDomain: domain, split)
    return zip(schema.storedFieldNames, rows.ids).map { ($0, NumPyFile.contents(of: $1)) }
      + [(Schema.labelName, NumPyFile.contents(of: rows.labels))]
  }
}
