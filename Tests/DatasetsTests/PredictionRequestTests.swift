import Datasets
import Features
import Testing

@Suite struct PredictionRequestTests {
  let directory: TemporaryDirectory
  let schema = Schema(
    fields: [
      Field(name: "uid", cardinality: 100), Field(name: "pid", cardinality: 10),
      Field(name: "domain", cardinality: 3),
    ],
    domainField: 2, domainNames: ["a", "b", "c"])

  init() throws { directory = try TemporaryDirectory() }

  private func request(_ text: String) throws -> PredictionRequest {
    try PredictionRequest(readingCSV: directory.write("rows.csv", text), schema: schema)
  }

  @Test(arguments: [0, 1, 7, 15, 16, 17, 1009])
  func `rows come back with a probability, in their order`(count: Int) throws {
    let lines = (0..<count).map { "\($0 % 100),\($0 % 10),\($0 % 3)" }
    let request = try request((["uid,pid,domain"] + lines).map { $0 + "\n" }.joined())
    #expect(request.count == count)
    #expect(request.ids[0] == (0..<count).map { Int32($0 % 100) })
    #expect(request.ids[1] == (0..<count).map { Int32($0 % 10) })
    #expect(request.ids[2] == (0..<count).map { Int32($0 % 3) })
    let probabilities = (0..<count).map { 1 / Float($0 + 1) }
    try request.write(probabilities, to: directory.file("out.csv"))
    let expected =
      ["uid,pid,domain,probability"] + zip(lines, probabilities).map { "\($0),\($1)" }
    #expect(
      try directory.read("out.csv") == Array((expected.joined(separator: "\n") + "\n").utf8))
  }

  @Test func `an output that cannot be written is no bad input`() throws {
    let request = try request("uid,pid,domain\n1,1,0\n")
    let path = directory.file("none/out.csv")
    let error = try #require(throws: DatasetError.self) { try request.write([0.5], to: path) }
    #expect(error.description == "cannot write \(path): No such file or directory")
    #expect(!error.isBadInput)
  }

  @Test func `columns may come in any order and others are carried through`() throws {
    let request = try request("domain,note,pid,uid\r\n2,first,9,99\r\n0,,1,5\r\n")
    #expect(request.ids == [[99, 5], [9, 1], [2, 0]])
    try request.write([0.25, 0.5], to: directory.file("rows.csv"))
    #expect(
      try String(decoding: directory.read("rows.csv"), as: UTF8.self)
        == "domain,note,pid,uid,probability\n2,first,9,99,0.25\n0,,1,5,0.5\n")
  }

  @Test func `a byte-order mark is no part of the first column`() throws {
    let request = try request("\u{FEFF}uid,pid,domain\n1,2,0\n")
    #expect(request.ids == [[1], [2], [0]])
    try request.write([0.25], to: directory.file("out.csv"))
    #expect(
      try directory.read("out.csv") == Array("uid,pid,domain,probability\n1,2,0,0.25\n".utf8))
  }

  @Test func `a batch holds consecutive rows ordered by domain`() throws {
    let request = try request("uid,pid,domain\n1,1,0\n2,2,2\n3,3,1\n4,4,0\n5,5,1\n6,6,0\n")
    var batch = Batch(capacity: 8, fieldCount: 3)
    request.fill(&batch, with: 1..<5)
    #expect(batch.samples[..<4] == [3, 2, 4, 1])
    #expect(batch.ids(ofField: 0) == [4, 3, 5, 2])
    #expect(batch.ids(ofField: 2) == [0, 1, 1, 2])
    #expect(batch.domains[..<4] == [0, 1, 1, 2])
  }

  @Test(arguments: [
    ("", ": expected at least one record, found an empty file"),
    ("uid,pid,domain", ":1: expected a newline at the end, found the end of the file"),
    ("uid,pid,domain\n12,3,1", ":2: expected a newline at the end, found the end of the file"),
    ("uid,pid\n1,2\n", ":1: expected one column domain, found none"),
    ("uid;pid;domain\n1;2;0\n", ":1: expected one column uid, found none"),
    ("uid,uid,pid,domain\n", ":1: expected one column uid, found 2"),
    ("uid,pid,domain,probability\n", ":1: expected no column probability yet, found one"),
    ("uid,pid,domain\n1,2,0\n100,2,0\n", ":3: expected uid, a number in 0...99, found '100'"),
    ("uid,pid,domain\n1,x,0\n", ":2: expected pid, a number in 0...9, found 'x'"),
    ("uid,pid,domain\n1,2,3\n", ":2: expected domain, a number in 0...2, found '3'"),
    ("uid,pid,domain\n1,2\n", ":2: expected 3 fields separated by ',', found 2"),
    ("uid,pid,domain\n1,2,\n", ":2: expected domain, a number in 0...2, found an empty field"),
  ])
  func `bad input is named by line`(text: String, message: String) throws {
    let error = try #require(throws: DatasetError.self) { _ = try request(text) }
    #expect(error.description == directory.file("rows.csv") + message)
    #expect(error.isBadInput)
  }
}
