import Datasets
import Foundation
import Testing

@Suite struct MovieLensErrorTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// What preparing the directory by gender says.
  private func error() throws -> String {
    let error = try #require(throws: DatasetError.self) {
      _ = try MovieLens(directory: directory.path).contents(by: .gender, seed: 1)
    }
    return error.description.replacing("\(directory.path)/", with: "")
  }

  /// Replaces the third line of a file of the 1M example.
  private func damage(_ file: String, _ line: String) throws {
    let example = MovieLensExample(.oneMillion)
    try example.write(to: directory)
    let text = file == "users.dat" ? example.usersText : example.ratingsText
    var lines = text.split(separator: "\n")
    lines[2] = Substring(line)
    try directory.write(file, lines.joined(separator: "\n") + "\n")
  }

  @Test(arguments: [
    ("4,1,5,978300760", "4 fields separated by '::', found 1"),
    ("4\t1\t5\t978300760", "4 fields separated by '::', found 1"),
    ("4::1::5", "4 fields separated by '::', found 3"),
    ("4::1::5::978300760::9", "4 fields separated by '::', found 5"),
    ("", "4 fields separated by '::', found 1"),
    ("four::1::5::978300760", "user id, a number in 1...16777216, found 'four'"),
    ("::1::5::978300760", "user id, a number in 1...16777216, found an empty field"),
    ("4::-1::5::978300760", "item id, a number in 1...16777216, found '-1'"),
    ("4::99999999999999999999::5::9", "a number in 1...16777216, found '99999999999999999999'"),
    ("4::1::6::978300760", "rating, a number in 1...5, found '6'"),
    ("4::1::0::978300760", "rating, a number in 1...5, found '0'"),
    ("4::1::4.5::978300760", "rating, a number in 1...5, found '4.5'"),
    ("4::1::5::now", "time in seconds, a number in"),
    ("2::1::5::978300760", "a user of users.dat, found user 2"),
    ("9999::1::5::978300760", "a user of users.dat, found user 9999"),
    ("4::1::\u{7}::978300760", "rating, a number in 1...5, found '\\x07'"),
  ])
  func `a bad rating is named by line`(line: String, message: String) throws {
    try damage("ratings.dat", line)
    let error = try error()
    #expect(error.hasPrefix("ratings.dat:3: expected "))
    #expect(error.contains(message))
  }

  @Test(arguments: [
    ("7::X::1::10::48067", "gender F or M, found 'X'"),
    ("7::F::2::10::48067", "an age code of 1, 18, 25, 35, 45, 50, 56, found '2'"),
    ("7::F::old::10::48067", "age, a number in 1...150, found 'old'"),
    ("7::F::1::21::48067", "occupation, a number in 0...20, found '21'"),
    ("7|F|1|10|48067", "5 fields separated by '::', found 1"),
    ("4::F::1::10::48067", "one line per user, found user 4 a second time"),
    ("0::F::1::10::48067", "user id, a number in 1...16777216, found '0'"),
  ])
  func `a bad user is named by line`(line: String, message: String) throws {
    try damage("users.dat", line)
    #expect(try error() == "users.dat:3: expected \(message)")
  }

  @Test(arguments: [
    ("7|17|M|wizard|48067", "one of 21 occupations, found 'wizard'"),
    ("7|0|M|writer|48067", "age, a number in 1...150, found '0'"),
  ])
  func `a bad user of the small release is named by line`(line: String, message: String) throws {
    let example = MovieLensExample(.hundredThousand)
    try example.write(to: directory)
    try directory.write("u.user", line + "\n" + example.usersText)
    #expect(try error() == "u.user:1: expected \(message)")
  }

  @Test(arguments: MovieLensRelease.allCases)
  func `a missing or empty file is named`(release: MovieLensRelease) throws {
    let example = MovieLensExample(release)
    #expect(try error().contains("expected a folder with users.dat and ratings.dat or u.user"))
    for name in [example.usersFile, example.ratingsFile] {
      try example.write(to: directory)
      try directory.write(name, "")
      #expect(try error() == "\(name): expected at least one record, found an empty file")
      try FileManager.default.removeItem(atPath: directory.file(name))
      #expect(try error() == "cannot open \(name): No such file or directory")
    }
  }

  @Test(arguments: MovieLensRelease.allCases)
  func `a last line cut anywhere is named`(release: MovieLensRelease) throws {
    let example = MovieLensExample(release)
    let files = [
      (example.usersFile, example.usersText), (example.ratingsFile, example.ratingsText),
    ]
    for (file, text) in files {
      try example.write(to: directory)
      let lines = text.split(separator: "\n")
      let last = try #require(lines.last).utf8.count
      // From the newline alone to all of the line but its first byte.
      for cut in 1...last {
        try directory.write(file, Array(text.utf8.dropLast(cut)))
        #expect(
          try error()
            == "\(file):\(lines.count): expected a newline at the end, found the end of the file")
      }
    }
  }

  @Test func `a domain with one label is named`() throws {
    var example = MovieLensExample(.oneMillion)
    let women = Set(example.users.filter { $0.domains[.gender] == 0 }.map(\.id))
    for index in example.ratings.indices where women.contains(example.ratings[index][0]) {
      example.ratings[index][2] = 4
    }
    try example.write(to: directory)
    #expect(
      try error()
        == "domain 0 (F), train split: expected rows of both labels, found 252 rows with 0 positives"
    )
  }
}
