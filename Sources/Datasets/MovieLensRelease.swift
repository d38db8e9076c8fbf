/// A MovieLens release: its files and how they code users.
public enum MovieLensRelease: String, CaseIterable, Sendable {
  /// MovieLens-1M: `users.dat` and `ratings.dat`.
  case oneMillion = "1m"
  /// MovieLens-100K: `u.user` and `u.data`.
  case hundredThousand = "100k"

  /// The file of users: id, three attributes, zip code.
  var usersFile: String { self == .oneMillion ? "users.dat" : "u.user" }
  /// The file of ratings: user, item, rating, time.
  var ratingsFile: String { self == .oneMillion ? "ratings.dat" : "u.data" }
  var usersSeparator: RecordReader.Separator { self == .oneMillion ? .doubleColon : .bar }
  var ratingsSeparator: RecordReader.Separator { self == .oneMillion ? .doubleColon : .tab }
  private var genderField: Int { self == .oneMillion ? 1 : 2 }
  private var ageField: Int { self == .oneMillion ? 2 : 1 }

  /// The names of an attribute's domains, in the order of their ids.
  func domainNames(by attribute: MovieLensAttribute) -> [String] {
    switch attribute {
    case .gender: ["F", "M"]
    case .age: ["<18", "18-24", "25-34", "35-44", "45-49", "50-55", "56+"]
    case .occupation: self == .oneMillion ? codedOccupations : namedOccupations
    }
  }

  /// The domain of the user in the current record; all three attributes are checked.
  func domain(
    of record: borrowing RecordReader, by attribute: MovieLensAttribute
  ) throws(DatasetError) -> Int {
    let gender = try gender(of: record)
    let age = try age(of: record)
    let occupation = try occupation(of: record)
    return switch attribute {
    case .gender: gender
    case .age: age
    case .occupation: occupation
    }
  }

  // MARK: -

  private func gender(of record: borrowing RecordReader) throws(DatasetError) -> Int {
    switch record.contents(genderField) {
    case [UInt8(ascii: "F")]: return 0
    case [UInt8(ascii: "M")]: return 1
    default: throw record.unexpected("gender F or M", inField: genderField)
    }
  }

  private func age(of record: borrowing RecordReader) throws(DatasetError) -> Int {
    let lowerBounds = [18, 25, 35, 45, 50, 56]
    let age = try record.integer(ageField, "age", in: 1...150)
    let group = lowerBounds.count { $0 <= age }
    guard self == .hundredThousand || age == (group == 0 ? 1 : lowerBounds[group - 1]) else {
      throw record.unexpected("an age code of 1, 18, 25, 35, 45, 50, 56", inField: ageField)
    }
    return group
  }

  private func occupation(of record: borrowing RecordReader) throws(DatasetError) -> Int {
    guard self == .hundredThousand else {
      return try record.integer(3, "occupation", in: 0...codedOccupations.count - 1)
    }
    let name = String(decoding: record.contents(3), as: UTF8.self)
    guard let index = namedOccupations.firstIndex(of: name) else {
      throw record.unexpected("one of \(namedOccupations.count) occupations", inField: 3)
    }
    return index
  }
}

/// The occupations of MovieLens-1M, by code.
private let codedOccupations = [
  "other", "academic/educator", "artist", "clerical/admin", "college/grad student",
  "customer service", "doctor/health care", "executive/managerial", "farmer", "homemaker",
  "K-12 student", "lawyer", "programmer", "retired", "sales/marketing", "scientist",
  "self-employed", "technician/engineer", "tradesman/craftsman", "unemployed", "writer",
]

/// The occupations of MovieLens-100K, sorted.
private let namedOccupations = [
  "administrator", "artist", "doctor", "educator", "engineer", "entertainment", "executive",
  "healthcare", "homemaker", "lawyer", "librarian", "marketing", "none", "other", "programmer",
  "retired", "salesman", "scientist", "student", "technician", "writer",
]
