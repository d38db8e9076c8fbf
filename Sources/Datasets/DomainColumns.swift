internal import Features
internal import Files

/// The mapped columns of one domain in one split.
struct DomainColumns: Sendable {
  /// One column per stored field, in the schema's order.
  let ids: [MappedColumn<Int32>]
  /// The labels, 0 or 1.
  let labels: MappedColumn<UInt8>

  /// Maps and checks the columns.
  init(
    ofDomain domain: Int, _ split: Split, of description: DatasetDescription, at directory: String
  ) throws(DatasetError) {
    let expected = description.domains[domain][split]
    func path(_ name: String) -> String {
      "\(directory)/\(columnPath(domain: domain, split: split, name: name))"
    }
    func require(_ expected: Int, _ what: String, _ found: Int, _ name: String) throws(DatasetError)
    {
      guard expected == found else {
        throw .unexpected(
          path: path(name), line: nil,
          expected: "\(expected) \(what), as \(DatasetDescription.fileName) says",
          found: "\(found)")
      }
    }

    var ids: [MappedColumn<Int32>] = []
    for field in description.schema.storedFields.map({ description.schema.fields[$0] }) {
      let column = try NumPyFile.column(Int32.self, at: path(field.name))
      try require(expected.rows, "rows", column.count, field.name)
      if let row = firstOutlier(in: column.span, cardinality: field.cardinality) {
        throw .unexpected(
          path: path(field.name), line: nil,
          expected: "ids in 0..<\(field.cardinality)", found: "\(column.span[row]) in row \(row)")
      }
      ids.append(column)
    }
    self.ids = ids

    labels = try NumPyFile.column(UInt8.self, at: path(Schema.labelName))
    try require(expected.rows, "rows", labels.count, Schema.labelName)
    let (positives, isBinary) = countOnes(in: labels.span)
    guard isBinary else {
      throw .unexpected(
        path: path(Schema.labelName), line: nil, expected: "labels 0 and 1", found: "others")
    }
    try require(expected.positives, "positives", positives, Schema.labelName)
    guard positives > 0, positives < labels.count else {
      throw .oneClass(
        domain: domain, name: description.schema.domainNames[domain], split: split,
        rows: labels.count, positives: positives)
    }
  }
}

/// The first row whose id is not in `0..<cardinality`.
private func firstOutlier(in ids: Span<Int32>, cardinality: Int) -> Int? {
  // The largest id as an unsigned number, which a negative one is too: a loop without branches.
  var largest: UInt32 = 0
  for row in 0..<ids.count { largest = max(largest, UInt32(bitPattern: ids[row])) }
  guard Int(largest) >= cardinality else { return nil }
  return ids.indices.first { Int(UInt32(bitPattern: ids[$0])) >= cardinality }
}

/// The number of ones, and whether everything else is zero.
private func countOnes(in labels: Span<UInt8>) -> (ones: Int, isBinary: Bool) {
  var ones = 0
  var largest: UInt8 = 0
  for row in 0..<labels.count {
    ones += Int(labels[row] & 1)
    largest = max(largest, labels[row])
  }
  return (ones, largest <= 1)
}
