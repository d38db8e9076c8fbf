import TestSupport
import Testing

/// `moe-mlora prepare` of published files that are not as they should be.
@Suite(.serialized) struct BadRawDataTests {
  private let workplace: Workplace
  private let input: String

  init() throws {
    workplace = try Workplace()
    input = try workplace.makeMovieLens()
  }

  /// What one line of a file is changed to, and what is said about it, the file's folder aside.
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let file: String
    let line: Int
    let text: String
    let message: String

    /// The message is what follows `FILE:LINE: expected`.
    init(_ name: String, _ file: String, line: Int, _ text: String, _ message: String) {
      testDescription = name
      self.file = file
      self.line = line
      self.text = text
      self.message = "\(file):\(line): expected \(message)"
    }
  }

  static let faults = [
    Fault(
      "wrong delimiter", "ratings.dat", line: 1, "1,2,1,978300760",
      "4 fields separated by '::', found 1"),
    Fault(
      "one delimiter too many", "users.dat", line: 3, "3::M::35::3::12345::9",
      "5 fields separated by '::', found 6"),
    Fault(
      "an id that is no number", "ratings.dat", line: 3, "1::four::3::978300760",
      "item id, a number in 1...16777216, found 'four'"),
    Fault(
      "a time that is no number", "ratings.dat", line: 3, "1::4::3::9e8",
      "time in seconds, a number in 0...9223372036854775807, found '9e8'"),
    Fault(
      "a rating out of range", "ratings.dat", line: 3, "1::4::6::978300760",
      "rating, a number in 1...5, found '6'"),
    Fault(
      "an unknown user", "ratings.dat", line: 3, "41::4::3::978300760",
      "a user of users.dat, found user 41"),
    Fault(
      "an unknown gender", "users.dat", line: 3, "3::X::35::3::12345",
      "gender F or M, found 'X'"),
    Fault(
      "a user given twice", "users.dat", line: 3, "2::M::35::3::12345",
      "one line per user, found user 2 a second time"),
    Fault(
      "an empty line", "ratings.dat", line: 399, "", "4 fields separated by '::', found 1"),
    Fault(
      "a truncated last line", "ratings.dat", line: 400, "40::10",
      "a newline at the end, found the end of the file"),
  ]

  @Test(arguments: faults, [nil, 2])
  func `a faulty record is refused with file and line`(fault: Fault, ranks: Int?) throws {
    let file = "raw/\(fault.file)"
    var lines = try workplace.text(file).split(separator: "\n").map(String.init)
    lines[fault.line - 1] = fault.text
    let isTruncated = fault.line == lines.count
    try workplace.write(lines.joined(separator: "\n") + (isTruncated ? "" : "\n"), to: file)
    try expectRefusal(
      of: prepare("gender"), "\(input)/\(fault.message)", ranks: ranks, in: workplace)
  }

  @Test(arguments: ["users.dat", "ratings.dat"], [nil, 3])
  func `an empty file is refused`(file: String, ranks: Int?) throws {
    try workplace.write("", to: "raw/\(file)")
    try expectRefusal(
      of: prepare("gender"),
      "\(input)/\(file): expected at least one record, found an empty file", ranks: ranks,
      in: workplace)
  }

  @Test(arguments: ["users.dat", "ratings.dat"], [nil, 3])
  func `a missing file is refused`(file: String, ranks: Int?) throws {
    try workplace.remove("raw/\(file)")
    try expectRefusal(
      of: prepare("gender"), "cannot open \(input)/\(file): No such file or directory",
      ranks: ranks, in: workplace)
  }

  @Test func `a missing folder is refused`() throws {
    try expectRefusal(
      of: prepare("gender", input: workplace.path("nothing")),
      "\(workplace.path("nothing")): expected a folder with users.dat and ratings.dat or u.user "
        + "and u.data, found no such folder", in: workplace)
  }

  @Test(arguments: [nil, 2])
  func `a domain with one class is refused by name`(ranks: Int?) throws {
    let text = try workplace.text("raw/ratings.dat")
    // Users 21 and 42 would be of occupation 0; only the former exists.
    let lines = text.split(separator: "\n").map { line in
      String(line.hasPrefix("21::") ? line.replacing("::5::", with: "::4::") : line)
    }
    try workplace.write(lines.joined(separator: "\n") + "\n", to: "raw/ratings.dat")
    try expectRefusal(
      of: prepare("occupation"),
      "domain 0 (other), train split: expected rows of both labels, found 6 rows with 0 positives",
      ranks: ranks, in: workplace)
  }

  @Test func `an attribute that is none is refused`() throws {
    try expectRefusal(
      of: prepare("zip"),
      "The value 'zip' is invalid for '--by <by>'. Please provide one of 'gender', 'age' or "
        + "'occupation'; see moe-mlora prepare movielens --help", in: workplace)
  }

  @Test func `a seed below zero is refused as a value`() throws {
    try expectRefusal(
      of: prepare("gender") + ["--seed", "-1"],
      "The value '-1' is invalid for '--seed <seed>': expected a whole number from 0 to "
        + "18446744073709551615; see moe-mlora prepare movielens --help", in: workplace)
  }

  @Test(arguments: [nil, 2])
  func `an output that is taken is refused`(ranks: Int?) throws {
    try workplace.write("mine", to: "data/notes.txt")
    try expectRefusal(
      of: prepare("gender"),
      "\(workplace.path("data")): expected an empty directory or nothing at the output path, "
        + "found a directory with 1 entry", ranks: ranks, in: workplace)
    #expect(try workplace.text("data/notes.txt") == "mine")
  }

  @Test(arguments: [
    (
      "train.csv", "uid,pid,label\n",
      "domain_0/train.csv:1: expected 4 fields separated by ',', found 3"
    ),
    (
      "val.csv", "uid,pid,domain,label\n0,0,0,2\n",
      "domain_0/val.csv:2: expected label 0 or 1, found '2'"
    ),
    (
      "test.csv", "uid,pid,domain,label\n0,-1,0,1\n",
      "domain_0/test.csv:2: expected pid, a number in 0...268435456, found '-1'"
    ),
  ])
  func `so is a fault of the reference layout`(file: String, text: String, message: String) throws {
    for name in ["train.csv", "val.csv", "test.csv"] {
      try workplace.write(
        "uid,pid,domain,label\n0,0,0,1\n1,0,0,0\n", to: "reference/domain_0/\(name)")
    }
    try workplace.write(text, to: "reference/domain_0/\(file)")
    let input = workplace.path("reference")
    try expectRefusal(
      of: ["prepare", "reference", "--input", input, "--output", workplace.path("data")],
      "\(input)/\(message)", in: workplace)
  }

  private func prepare(_ attribute: String, input: String? = nil) -> [String] {
    [
      "prepare", "movielens", "--input", input ?? self.input, "--by", attribute, "--output",
      workplace.path("data"),
    ]
  }
}
