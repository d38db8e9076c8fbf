import Datasets
import Features
import TestSupport
import Testing

@Suite struct MovieLensTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test(arguments: MovieLensRelease.allCases, MovieLensAttribute.allCases)
  func `every rating becomes one row of its user's domain`(
    release: MovieLensRelease, attribute: MovieLensAttribute
  ) throws {
    let example = MovieLensExample(release)
    try example.write(to: directory)
    let movieLens = try MovieLens(directory: directory.path)
    #expect(movieLens.release == release)
    let contents = try movieLens.contents(by: attribute, seed: 123)
    #expect(contents.name == "movielens-\(release.rawValue)-\(attribute.rawValue)")
    #expect(contents.schema.fields.map(\.name) == ["uid", "pid", "domain"])
    #expect(contents.schema.domainCount == [.gender: 2, .age: 7, .occupation: 21][attribute])
    #expect(contents.schema.fields[0].cardinality == 1 + 3 * 83 + 1)
    #expect(contents.schema.fields[1].cardinality == (example.ratings.map { $0[1] }.max() ?? 0) + 1)

    for domain in contents.schema.domainNames.indices {
      var found: [[Int32]] = []
      for split in Split.allCases {
        let rows = contents.rows(ofDomain: domain, split)
        found += (0..<rows.count).map {
          [rows.ids[0][$0], rows.ids[1][$0], Int32(rows.labels[$0])]
        }
      }
      let expected = example.ratings.filter { rating in
        example.users.first { $0.id == rating[0] }?.domains[attribute] == domain
      }
      .map { [Int32($0[0]), Int32($0[1]), $0[2] == 5 ? 1 : 0] }
      #expect(
        found.sorted { $0.lexicographicallyPrecedes($1) }
          == expected.sorted { $0.lexicographicallyPrecedes($1) })
    }
  }

  @Test func `provenance names the files with their checksums`() throws {
    let example = MovieLensExample(.oneMillion)
    try example.write(to: directory)
    try directory.write("users.dat", example.usersText)
    let contents = try MovieLens(directory: directory.path).contents(by: .gender, seed: 5)
    let sources = contents.provenance.sources
    #expect(sources.map(\.name) == ["users.dat", "ratings.dat"])
    #expect(
      sources.map(\.sizeInBytes) == [example.usersText, example.ratingsText].map(\.utf8.count))
    #expect(contents.provenance.seed == 5)
    for source in sources {
      let output = try FinishedCommand(["sha256sum", directory.file(source.name)]).output
      #expect(output.hasPrefix(source.sha256))
    }
  }

  @Test func `line ends of Windows are read`() throws {
    let example = MovieLensExample(.oneMillion)
    try example.write(to: directory)
    let expected = try MovieLens(directory: directory.path).contents(by: .age, seed: 1)
    try directory.write("users.dat", example.usersText.replacing("\n", with: "\r\n"))
    try directory.write("ratings.dat", example.ratingsText.replacing("\n", with: "\r\n"))
    let found = try MovieLens(directory: directory.path).contents(by: .age, seed: 1)
    for domain in 0..<7 {
      for split in Split.allCases {
        #expect(found.rows(ofDomain: domain, split) == expected.rows(ofDomain: domain, split))
      }
    }
  }
}
