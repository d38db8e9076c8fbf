import Datasets
import Kernels

/// Small raw files in the manner of a MovieLens release.
struct MovieLensExample {
  /// One user: raw id, the three attributes as the release codes them, and the domains they give.
  struct User {
    var id: Int
    var attributes: [String]
    var domains: [MovieLensAttribute: Int]
  }

  let release: MovieLensRelease
  var users: [User] = []
  /// User, item, rating, time.
  var ratings: [[Int]] = []

  /// Users of every kind and ten ratings each, two of them five stars.
  init(_ release: MovieLensRelease) {
    self.release = release
    let stream = RandomStream(seed: 6, purpose: .synthesis)
    for index in 0..<84 {
      let (gender, age, occupation) = (index % 2, index % 7, index % 21)
      let code =
        release == .oneMillion ? [1, 18, 25, 35, 45, 50, 56] : [17, 24, 34, 44, 49, 55, 73]
      let names = [
        "administrator", "artist", "doctor", "educator", "engineer", "entertainment", "executive",
        "healthcare", "homemaker", "lawyer", "librarian", "marketing", "none", "other",
        "programmer", "retired", "salesman", "scientist", "student", "technician", "writer",
      ]
      let genderCode = ["F", "M"][gender]
      let attributes =
        release == .oneMillion
        ? [genderCode, "\(code[age])", "\(occupation)"]
        : ["\(code[age])", genderCode, names[occupation]]
      users.append(
        User(
          id: 1 + 3 * index, attributes: attributes,
          domains: [.gender: gender, .age: age, .occupation: occupation]))
      for rating in 0..<10 {
        let item = 1 + stream.integer(below: 500, at: 10 * index + rating)
        ratings.append([1 + 3 * index, item, rating < 2 ? 5 : 1 + rating % 4, 978_300_760 + rating])
      }
    }
    stream.shuffle(&ratings)
  }

  var usersFile: String { release == .oneMillion ? "users.dat" : "u.user" }
  var ratingsFile: String { release == .oneMillion ? "ratings.dat" : "u.data" }
  var usersText: String {
    users.map { user in
      ([String(user.id)] + user.attributes + ["02138-1234"])
        .joined(separator: release == .oneMillion ? "::" : "|") + "\n"
    }.joined()
  }
  var ratingsText: String {
    ratings.map { rating in
      rating.map(String.init).joined(separator: release == .oneMillion ? "::" : "\t") + "\n"
    }.joined()
  }

  /// Writes both files.
  func write(to directory: TemporaryDirectory) throws {
    try directory.write(usersFile, usersText)
    try directory.write(ratingsFile, ratingsText)
  }
}
