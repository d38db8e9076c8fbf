import Datasets
import Features
import Foundation
import Testing

@Suite struct DatasetTests {
  let directory: TemporaryDirectory
  var path: String { directory.file("dataset") }

  init() throws { directory = try TemporaryDirectory() }

  @Test(arguments: [[10], [10, 11], [17, 1009, 64, 10], Array(repeating: 13, count: 33)])
  func `what is written is what is opened`(rowCounts: [Int]) throws {
    let contents = try ExampleData(rowCounts: rowCounts).contents()
    let description = try contents.write(to: path)
    let dataset = try Dataset(directory: path)
    try dataset.verify()
    #expect(dataset.description == description)
    #expect(dataset.schema == contents.schema)
    for split in Split.allCases {
      let rows = dataset.rows(of: split)
      var start = 0
      for domain in rowCounts.indices {
        let expected = contents.rows(ofDomain: domain, split)
        let samples = rows.samples(ofDomain: domain)
        #expect(samples == start..<start + SplitSizes(of: rowCounts[domain])[split])
        #expect(samples.count == expected.count)
        start = samples.upperBound
        let labels = rows.labels(ofDomain: domain)
        #expect(labels.span.indices.map { labels.span[$0] } == expected.labels)
        let counts = description.domains[domain][split]
        #expect(counts.rows == expected.count && counts.positives == expected.positives)
      }
      #expect(rows.count == start)
    }
  }

  @Test func `distinct ids are counted over all splits`() throws {
    let example = ExampleData(rowCounts: [30, 200], fieldCount: 3)
    let description = try example.contents().write(to: path)
    for (domain, rows) in example.domains.enumerated() {
      for field in 0..<3 {
        let found = description.domains[domain].distinctIDs["field_\(field)"]
        #expect(found == Set(rows.ids[field]).count)
      }
      #expect(description.domains[domain].rows == rows.count)
      #expect(description.domains[domain].positives == rows.positives)
    }
  }

  @Test func `equal content gives equal bytes and fingerprints, other content others`() throws {
    func write(_ name: String, seed: UInt64) throws -> DatasetDescription {
      try ExampleData(rowCounts: [100, 50]).contents(seed: seed).write(to: directory.file(name))
    }
    let first = try write("a", seed: 1)
    #expect(try write("b", seed: 1) == first)
    #expect(try write("c", seed: 2).fingerprint != first.fingerprint)
    for file in ["dataset.json"] + first.checksums.keys {
      #expect(try directory.read("a/\(file)") == directory.read("b/\(file)"))
    }
  }

  @Test func `an empty output directory is taken, one with files is left alone`() throws {
    let contents = try ExampleData(rowCounts: [10]).contents()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try contents.write(to: path)
    let before = try directory.read("dataset/dataset.json")
    let error = try #require(throws: DatasetError.self) { try contents.write(to: path) }
    #expect(error.description.contains("expected an empty directory or nothing"))
    #expect(try directory.read("dataset/dataset.json") == before)
    #expect(error.isBadInput)
    try directory.write("file", "text")
    let other = try #require(throws: DatasetError.self) {
      try contents.write(to: directory.file("file"))
    }
    #expect(other.isBadInput)
    #expect(try directory.entries == ["dataset", "file"])
  }

  @Test func `nothing is left of a dataset that cannot be written`() throws {
    // Columns of the first field are written, then comes a name longer than file systems take.
    let example = ExampleData(rowCounts: [10])
    var schema = example.schema
    schema.fields[2].name = String(repeating: "x", count: 300)
    let contents = try DatasetContents(
      name: "example", schema: schema,
      provenance: Provenance(sources: [], splitRule: StratifiedSplit.rule, seed: 1),
      domains: example.domains, split: StratifiedSplit(seed: 1))
    let error = try #require(throws: DatasetError.self) { try contents.write(to: path) }
    #expect(error.description.hasPrefix("cannot write "))
    #expect(error.description.hasSuffix(": File name too long"))
    #expect(!error.isBadInput)
    #expect(try directory.entries.isEmpty)
  }

  @Test func `a directory that cannot be created is no bad input`() throws {
    // Where not even root can create anything.
    let contents = try ExampleData(rowCounts: [10]).contents()
    let error = try #require(throws: DatasetError.self) {
      try contents.write(to: "/proc/dataset")
    }
    #expect(error.description.hasPrefix("cannot create /proc/"))
    #expect(!error.isBadInput)
  }

  @Test func `a directory below a file is bad input`() throws {
    try directory.write("file", "text")
    let contents = try ExampleData(rowCounts: [10]).contents()
    let error = try #require(throws: DatasetError.self) {
      try contents.write(to: directory.file("file/dataset"))
    }
    #expect(
      error.description
        == "\(directory.file("file")): expected a directory for the output, found a file")
    #expect(error.isBadInput)
  }

  @Test func `a domain whose split has one label is refused by name`() throws {
    let example = ExampleData(rowCounts: [30, 30])
    var domains = example.domains
    domains[1].labels = (0..<30).map { $0 == 0 ? 1 : 0 }
    let error = try #require(throws: DatasetError.self) {
      try DatasetContents(
        name: "example", schema: example.schema,
        provenance: Provenance(sources: [], splitRule: StratifiedSplit.rule, seed: 1),
        domains: domains, split: StratifiedSplit(seed: 1))
    }
    guard case .oneClass(1, "domain 1", _, let rows, 0) = error else {
      Issue.record("found \(error)")
      return
    }
    #expect(rows > 0)
    #expect(error.isBadInput)
  }
}
