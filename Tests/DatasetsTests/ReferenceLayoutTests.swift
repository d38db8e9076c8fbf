import Datasets
import Foundation
import Testing

@Suite struct ReferenceLayoutTests {
  let directory: TemporaryDirectory
  private let files = ["train.csv", "val.csv", "test.csv"]

  init() throws {
    directory = try TemporaryDirectory()
    for domain in 0..<2 {
      try makeDirectory("domain_\(domain)")
      for (index, file) in files.enumerated() {
        let one = domain == 0 ? "1.0" : "1"
        try directory.write(
          "domain_\(domain)/\(file)",
          "uid,pid,domain,label\n\(index),7,\(domain),\(one)\n5,\(domain),\(domain),0\n")
      }
    }
  }

  private func makeDirectory(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: directory.file(name), withIntermediateDirectories: true)
  }

  private func error() throws -> String {
    try #require(throws: DatasetError.self) {
      _ = try ReferenceLayout(directory: directory.path).contents()
    }
    .description.replacing(directory.path, with: "")
  }

  @Test func `rows keep their splits and order`() throws {
    let contents = try ReferenceLayout(directory: directory.path).contents()
    #expect(contents.schema.fields.map(\.cardinality) == [6, 8, 2])
    for domain in 0..<2 {
      for (index, split) in Split.allCases.enumerated() {
        let rows = contents.rows(ofDomain: domain, split)
        #expect(rows.ids == [[Int32(index), 5], [7, Int32(domain)]])
        #expect(rows.labels == [1, 0])
      }
    }
    #expect(contents.provenance.sources.count == 6)
    try contents.write(to: directory.file("converted"))
    #expect(try Dataset(directory: directory.file("converted")).schema == contents.schema)
  }

  @Test func `a fifth column of times is not read`() throws {
    let plain = try ReferenceLayout(directory: directory.path).contents()
    for domain in 0..<2 {
      for file in files {
        let name = "domain_\(domain)/\(file)"
        let lines = String(decoding: try directory.read(name), as: UTF8.self).split(separator: "\n")
        let timed = lines.enumerated().map { $1 + ($0 == 0 ? ",reach_time\n" : ",2017-11-25 1\n") }
        try directory.write(name, timed.joined())
      }
    }
    let contents = try ReferenceLayout(directory: directory.path).contents()
    #expect(contents.schema == plain.schema)
    for (domain, split) in (0..<2).flatMap({ domain in Split.allCases.map { (domain, $0) } }) {
      let (rows, expected) = (
        contents.rows(ofDomain: domain, split), plain.rows(ofDomain: domain, split)
      )
      #expect(rows.ids == expected.ids && rows.labels == expected.labels)
    }
  }

  @Test func `recorded numbers of ids count`() throws {
    try makeDirectory("processed_data")
    try directory.write("processed_data/uid2id.json", #"{"id": 40, "raw_id2id": {"x": 1}}"#)
    let contents = try ReferenceLayout(directory: directory.path).contents()
    #expect(contents.schema.fields.map(\.cardinality) == [40, 8, 2])
    try directory.write("processed_data/pid2id.json", "[]")
    #expect(try error().hasPrefix("/processed_data/pid2id.json: expected an object"))
  }

  @Test(arguments: [
    ("", ": expected at least one record, found an empty file"),
    (
      "uid,pid,label,domain\n",
      ":1: expected the header uid,pid,domain,label or uid,pid,domain,label,reach_time, found"
    ),
    ("uid,pid,domain,label\n", ": expected rows below the header, found none"),
    ("uid,pid,domain,label\n1,2,0,1\n", ":2: expected domain 1, found '0'"),
    ("uid,pid,domain,label\n1,2,1,0.5\n", ":2: expected label 0 or 1, found '0.5'"),
    (
      "uid,pid,domain,label\n1,2,1,0",
      ":2: expected a newline at the end, found the end of the file"
    ),
    (
      "uid,pid,domain,label,reach_time\n1,2,1,0\n",
      ":2: expected 5 fields separated by ',', found 4"
    ),
    (
      "uid,pid,domain,label,reach_times\n1,2,1,0,5\n",
      ":1: expected the header uid,pid,domain,label or uid,pid,domain,label,reach_time, found"
    ),
    ("uid,pid,domain,label\n1,2,1\n", ":2: expected 4 fields separated by ',', found 3"),
  ])
  func `a bad file is named by line`(text: String, message: String) throws {
    try directory.write("domain_1/val.csv", text)
    #expect(try error().hasPrefix("/domain_1/val.csv\(message)"))
  }

  @Test func `domains must be numbered without gaps`() throws {
    try makeDirectory("domain_3")
    #expect(try error().hasSuffix("without gaps, found domain_0, domain_1, domain_3"))
    let empty = try TemporaryDirectory()
    #expect(throws: DatasetError.self) { try ReferenceLayout(directory: empty.path) }
  }
}
