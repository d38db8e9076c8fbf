internal import Features
internal import FoundationEssentials
internal import Files

/// A dataset in the layout of the reference implementation: `domain_K/{train,val,test}.csv` with the
/// header `uid,pid,domain,label`, or with a fifth column `reach_time` (the time of a click, in the timed
/// variant of Taobao), which is not read.
///
/// Rows keep their splits and their order. An id's cardinality is the largest that occurs plus one, or
/// more if `processed_data/uid2id.json` or `pid2id.json` says so.
public struct ReferenceLayout: Sendable {
  private static let header = "uid,pid,domain,label"
  private static let timedHeader = header + ",reach_time"
  /// Ids beyond this are refused, as in ``MovieLens``: tables have a row for every id.
  private static let maximumID = 1 << 28

  /// The folder of the domains' folders.
  public let directory: String
  /// The number of domains.
  public let domainCount: Int

  /// Finds the domains of a folder.
  ///
  /// - Throws: ``DatasetError`` if there are none, or their numbers are not `0..<D`.
  public init(directory: String) throws(DatasetError) {
    let names = try entries(ofDirectory: directory)
    let found = names.filter { $0.hasPrefix("domain_") }
    let expected = found.indices.map { "domain_\($0)" }
    guard !found.isEmpty, found.sorted() == expected.sorted() else {
      throw .unexpected(
        path: directory, line: nil, expected: "folders domain_0, domain_1, … without gaps",
        found: found.isEmpty ? "none" : found.sorted().joined(separator: ", "))
    }
    self.directory = directory
    domainCount = found.count
  }

  /// Reads all rows.
  ///
  /// - Throws: ``DatasetError`` for the first line that is not as it should be, and if all rows of a
  ///   domain's split have one label.
  public func contents() throws(DatasetError) -> DatasetContents {
    var domains: [[Split: LabelledRows]] = []
    var sources: [Provenance.Source] = []
    for domain in 0..<domainCount {
      var splits: [Split: LabelledRows] = [:]
      for split in Split.allCases {
        let name = "domain_\(domain)/\(ReferenceLayout.fileName(of: split))"
        let file = try MappedFile(opening: "\(directory)/\(name)")
        let rows = try rows(of: file, domain: domain)
        guard rows.count > 0 else {
          throw .unexpected(
            path: file.path, line: nil, expected: "rows below the header", found: "none")
        }
        splits[split] = rows
        sources.append(
          .init(name: name, sizeInBytes: file.sizeInBytes, sha256: file.checksum))
      }
      domains.append(splits)
    }
    let cardinalities = try ["uid", "pid"].enumerated().map {
      (field, name) throws(DatasetError) in
      let largest = domains.flatMap(\.values).compactMap { $0.ids[field].max() }.max() ?? -1
      return max(Int(largest) + 1, try recordedCount(of: name) ?? 0)
    }
    let schema = Schema(
      fields: [
        Field(name: "uid", cardinality: cardinalities[0]),
        Field(name: "pid", cardinality: cardinalities[1]),
        Field(name: "domain", cardinality: domainCount),
      ],
      domainField: 2, domainNames: (0..<domainCount).map { "domain_\($0)" })
    return try DatasetContents(
      name: "reference", schema: schema,
      provenance: Provenance(sources: sources, splitRule: "as in the source", seed: nil),
      domains: domains)
  }

  // MARK: -

  private static func fileName(of split: Split) -> String {
    switch split {
    case .train: "train.csv"
    case .validation: "val.csv"
    case .test: "test.csv"
    }
  }

  private func rows(of file: MappedFile, domain: Int) throws(DatasetError) -> LabelledRows {
    var rows = LabelledRows(fieldCount: 2)
    let isTimed = isTimed(file)
    var reader = RecordReader(
      file.bytes, path: file.path, separator: .comma, fieldCount: isTimed ? 5 : 4)
    _ = try reader.next()
    try reader.requireRecords()
    let columns = isTimed ? 0..<5 : 0..<4
    let header = columns.map { String(decoding: reader.contents($0), as: UTF8.self) }
      .joined(separator: ",")
    guard header == ReferenceLayout.header || header == ReferenceLayout.timedHeader else {
      throw reader.unexpected(
        "the header \(ReferenceLayout.header) or \(ReferenceLayout.timedHeader)",
        found: quoted(Array(header.utf8)))
    }
    let ids = 0...ReferenceLayout.maximumID
    while try reader.next() {
      rows.ids[0].append(Int32(try reader.integer(0, "uid", in: ids)))
      rows.ids[1].append(Int32(try reader.integer(1, "pid", in: ids)))
      _ = try reader.integer(2, "domain", in: domain...domain)
      switch String(decoding: reader.contents(3), as: UTF8.self) {
      case "0", "0.0": rows.labels.append(0)
      case "1", "1.0": rows.labels.append(1)
      default: throw reader.unexpected("label 0 or 1", inField: 3)
      }
    }
    return rows
  }

  /// Whether a file begins with the header of five columns.
  private func isTimed(_ file: borrowing MappedFile) -> Bool {
    let header = Array(ReferenceLayout.timedHeader.utf8)
    let bytes = file.bytes
    guard bytes.count > header.count else { return false }
    return header.indices.allSatisfy { bytes[$0] == header[$0] }
  }

  /// The number of ids that the reference's map of a field records, if it is there.
  private func recordedCount(of field: String) throws(DatasetError) -> Int? {
    struct IDMap: Decodable { var id: Int }
    let path = "\(directory)/processed_data/\(field)2id.json"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let bytes = try MappedFile(opening: path).contents
    let map = try? JSONDecoder().decode(IDMap.self, from: Data(bytes))
    guard let count = map?.id, (0...ReferenceLayout.maximumID + 1).contains(count) else {
      throw .unexpected(
        path: path, line: nil, expected: "an object with the number of ids as \"id\"",
        found: quoted(bytes))
    }
    return count
  }
}
