import Datasets
import Foundation
import Testing

@Suite struct DamagedDatasetTests {
  let directory: TemporaryDirectory
  var path: String { directory.file("dataset") }
  let column = "dataset/domain_1/validation/field_0.npy"

  init() throws {
    directory = try TemporaryDirectory()
    try ExampleData(rowCounts: [40, 50]).contents().write(to: directory.file("dataset"))
  }

  /// The error that opening gives now.
  private func openingError() throws -> String {
    let error = try #require(throws: DatasetError.self) { try Dataset(directory: path) }
    #expect(error.isBadInput)
    return error.description
  }

  @Test func `a changed byte is found by verifying`() throws {
    var bytes = try directory.read(column)
    let last = bytes.count - 4
    bytes[last] = bytes[last] == 0 ? 1 : 0
    try directory.write(column, bytes)
    let dataset = try Dataset(directory: path)
    let error = try #require(throws: DatasetError.self) { try dataset.verify() }
    #expect(error.description.hasPrefix("\(directory.file(column)): expected SHA-256 "))
  }

  @Test(arguments: [50, 1 << 20, -1])
  func `an id out of range is found`(id: Int32) throws {
    let rows = SplitSizes(of: 50).validation
    var ids = Array(repeating: Int32(0), count: rows)
    ids[3] = id
    try directory.write(column, NumPyFile.contents(of: ids))
    #expect(
      try openingError()
        == "\(directory.file(column)): expected ids in 0..<50, found \(id) in row 3")
  }

  @Test func `columns of another length are found`() throws {
    try directory.write(column, NumPyFile.contents(of: [Int32(1)]))
    #expect(try openingError().contains("expected 10 rows, as dataset.json says, found 1"))
  }

  @Test func `labels other than described are found`() throws {
    let labels = "dataset/domain_0/test/label.npy"
    try directory.write(labels, NumPyFile.contents(of: [UInt8](repeating: 2, count: 8)))
    #expect(try openingError().contains("expected labels 0 and 1"))
    try directory.write(labels, NumPyFile.contents(of: [UInt8](repeating: 1, count: 8)))
    #expect(try openingError().contains("positives, as dataset.json says, found 8"))
  }

  @Test func `a missing column is named`() throws {
    try FileManager.default.removeItem(atPath: directory.file(column))
    #expect(
      try openingError() == "cannot open \(directory.file(column)): No such file or directory")
  }

  @Test func `a missing description is named`() throws {
    try FileManager.default.removeItem(atPath: directory.file("dataset/dataset.json"))
    #expect(try openingError() == "cannot open \(path)/dataset.json: No such file or directory")
  }

  @Test(arguments: [
    ("\"schemaVersion\" : 1", "\"schemaVersion\" : 2", "expected schemaVersion 1, found 2"),
    ("\"schemaVersion\" : 1", "\"schemaVersion\" : \"1\"", "expected a dataset's description"),
    ("\"schemaVersion\" : 1", "\"version\" : 1", "expected a dataset's description"),
    ("\"cardinality\" : 51", "\"cardinality\" : 52", "expected fingerprint"),
    ("\"cardinality\" : 50", "\"cardinality\" : 0", "expected a cardinality of field_0"),
    ("\"domainField\" : 1", "\"domainField\" : 7", "expected a domainField in 0..<3"),
    ("\"domainField\" : 1", "\"domainField\" : 0", "expected a name for each of 50 domains"),
    ("\"name\" : \"field_1\"", "\"name\" : \"../uid\"", "expected different field names"),
    ("\"name\" : \"field_1\"", "\"name\" : \"field_0\"", "expected different field names"),
    (
      "\"rows\" : 24", "\"rows\" : 2147483648",
      "expected at most 2147483647 train rows, which leaves 0...2147483647 for domain 0, "
        + "found 2147483648"
    ),
    (
      "\"rows\" : 30", "\"rows\" : 2147483647",
      "expected at most 2147483647 train rows, which leaves 0...2147483623 for domain 1, "
        + "found 2147483647"
    ),
    (
      "\"rows\" : 24", "\"rows\" : \(Int.max)",
      "expected at most 2147483647 train rows, which leaves 0...2147483647 for domain 0"
    ),
    (
      "\"rows\" : 24", "\"rows\" : -1",
      "expected at most 2147483647 train rows, which leaves 0...2147483647 for domain 0, found -1"
    ),
    ("domain_1/test/label.npy", "domain_2/test/label.npy", "expected checksums of 18 columns"),
    ("{", "", "expected a dataset's description"),
  ])
  func `a changed description is found`(old: String, new: String, message: String) throws {
    let file = "dataset/dataset.json"
    let text = String(decoding: try directory.read(file), as: UTF8.self)
    let range = try #require(text.firstRange(of: old))
    try directory.write(file, text.replacingCharacters(in: range, with: new))
    let error = try openingError()
    #expect(error.hasPrefix("\(directory.file(file)): \(message)"))
    #expect(!error.contains("\n"))
  }
}
