public import Features

/// A dataset in memory, checked and ready to be written.
public struct DatasetContents: Sendable {
  /// The dataset's name, for example `movielens-1m-gender`.
  public let name: String
  /// Fields and domains.
  public let schema: Schema
  /// Where the data comes from.
  public let provenance: Provenance
  /// The rows of each domain, by split.
  let domains: [[Split: LabelledRows]]

  /// A dataset whose rows are split already.
  ///
  /// - Throws: ``DatasetError/oneClass(domain:name:split:rows:positives:)`` if all rows of a domain's
  ///   split have one label.
  public init(
    name: String, schema: Schema, provenance: Provenance, domains: [[Split: LabelledRows]]
  ) throws(DatasetError) {
    precondition(schema.contradiction == nil, "a dataset with schema \(schema)")
    precondition(
      domains.count == schema.domainCount,
      "rows of \(domains.count) domains for \(schema.domainCount) names")
    self.name = name
    self.schema = schema
    self.provenance = provenance
    self.domains = domains
    for (domain, splits) in domains.enumerated() {
      for split in Split.allCases {
        let rows = self.rows(ofDomain: domain, split)
        precondition(
          rows.ids.count == schema.storedFields.count
            && rows.ids.allSatisfy { $0.count == rows.count },
          "\(split) columns of domain \(domain) differ in length or number from the schema")
        guard rows.positives > 0, rows.positives < rows.count else {
          throw .oneClass(
            domain: domain, name: schema.domainNames[domain], split: split,
            rows: rows.count, positives: rows.positives)
        }
      }
      precondition(splits.count == Split.allCases.count, "domain \(domain) lacks a split")
    }
  }

  /// A dataset whose rows are split at random; see ``StratifiedSplit``.
  ///
  /// - Throws: ``DatasetError/oneClass(domain:name:split:rows:positives:)`` if all rows of a domain's
  ///   split have one label.
  public init(
    name: String, schema: Schema, provenance: Provenance, domains: [LabelledRows],
    split: StratifiedSplit
  ) throws(DatasetError) {
    let divided = domains.enumerated().map { domain, rows in
      rows.divided(by: split.splits(ofDomain: domain, labels: rows.labels))
    }
    try self.init(name: name, schema: schema, provenance: provenance, domains: divided)
  }

  /// The rows of one domain and split.
  public func rows(ofDomain domain: Int, _ split: Split) -> LabelledRows {
    domains[domain][split] ?? LabelledRows(fieldCount: schema.storedFields.count)
  }

  /// The figures of one domain.
  func summary(ofDomain domain: Int) -> DatasetDescription.Domain {
    func counts(_ split: Split) -> DatasetDescription.SplitCounts {
      let rows = rows(ofDomain: domain, split)
      return .init(rows: rows.count, positives: rows.positives)
    }
    var distinct: [String: Int] = [:]
    for (column, field) in schema.storedFields.enumerated() {
      var occurs = Array(repeating: false, count: schema.fields[field].cardinality)
      for split in Split.allCases {
        for id in rows(ofDomain: domain, split).ids[column] { occurs[Int(id)] = true }
      }
      distinct[schema.fields[field].name] = occurs.count { $0 }
    }
    return .init(
      name: schema.domainNames[domain], distinctIDs: distinct,
      train: counts(.train), validation: counts(.validation), test: counts(.test))
  }
}
