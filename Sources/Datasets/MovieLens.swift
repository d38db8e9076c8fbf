internal import Features
internal import FoundationEssentials
internal import Files

/// The raw files of MovieLens-1M or MovieLens-100K.
///
/// A rating becomes a row: `uid` and `pid` are the raw ids, the label is 1 for five stars and 0 for
/// fewer, the domain is an attribute of the user. Each domain is split by ``StratifiedSplit``.
///
/// - Source: Harper, Konstan, “The MovieLens Datasets: History and Context”, 2015.
public struct MovieLens: Sendable {
  /// Larger ids are refused: a table has a row for every id up to the largest, so one wrong digit
  /// would make it as large as memory.
  static let maximumID = 1 << 24

  /// The folder of the raw files.
  public let directory: String
  /// The release the folder holds.
  public let release: MovieLensRelease

  /// Recognises the release in a folder by its files.
  ///
  /// - Throws: ``DatasetError`` if neither release has a file there.
  public init(directory: String) throws(DatasetError) {
    self.directory = directory
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(directory)/\(name)")
    }
    guard
      let release = MovieLensRelease.allCases.first(where: {
        has($0.usersFile) || has($0.ratingsFile)
      })
    else {
      let files = MovieLensRelease.allCases.map { "\($0.usersFile) and \($0.ratingsFile)" }
      throw .unexpected(
        path: directory, line: nil, expected: "a folder with \(files.joined(separator: " or "))",
        found: has("") ? "neither" : "no such folder")
    }
    self.release = release
  }

  /// Reads the files.
  ///
  /// - Parameters:
  ///   - attribute: what tells domains apart.
  ///   - seed: the seed of the split.
  /// - Returns: The dataset, ready to be written.
  /// - Throws: ``DatasetError`` for the first record that is not as it should be, and if all rows of a
  ///   domain's split have one label.
  /// - Complexity: O(ratings).
  public func contents(
    by attribute: MovieLensAttribute, seed: UInt64
  ) throws(DatasetError) -> DatasetContents {
    let usersFile = try MappedFile(opening: "\(directory)/\(release.usersFile)")
    let ratingsFile = try MappedFile(opening: "\(directory)/\(release.ratingsFile)")
    let names = release.domainNames(by: attribute)
    let domainOfUser = try domains(of: usersFile, by: attribute)
    let domains = try ratings(of: ratingsFile, domainOfUser: domainOfUser, domainCount: names.count)

    func cardinality(_ field: Int) -> Int {
      domains.reduce(0) { max($0, Int($1.ids[field].max() ?? -1) + 1) }
    }
    let schema = Schema(
      fields: [
        Field(name: "uid", cardinality: cardinality(0)),
        Field(name: "pid", cardinality: cardinality(1)),
        Field(name: "domain", cardinality: names.count),
      ],
      domainField: 2, domainNames: names)
    return try DatasetContents(
      name: "movielens-\(release.rawValue)-\(attribute.rawValue)", schema: schema,
      provenance: Provenance(
        sources: [
          source(usersFile, named: release.usersFile),
          source(ratingsFile, named: release.ratingsFile),
        ],
        splitRule: StratifiedSplit.rule, seed: seed),
      domains: domains, split: StratifiedSplit(seed: seed))
  }

  // MARK: -

  /// The domain of every user id, -1 for ids that no user has.
  private func domains(
    of file: MappedFile, by attribute: MovieLensAttribute
  ) throws(DatasetError) -> [Int32] {
    var domains: [Int32] = []
    var reader = RecordReader(
      file.bytes, path: file.path, separator: release.usersSeparator, fieldCount: 5)
    while try reader.next() {
      let user = try reader.integer(0, "user id", in: 1...MovieLens.maximumID)
      if user >= domains.count {
        domains += Array(repeating: -1, count: user + 1 - domains.count)
      }
      guard domains[user] < 0 else {
        throw reader.unexpected("one line per user", found: "user \(user) a second time")
      }
      domains[user] = Int32(try release.domain(of: reader, by: attribute))
    }
    try reader.requireRecords()
    return domains
  }

  /// The rows of each domain, in the order of the file.
  private func ratings(
    of file: MappedFile, domainOfUser: [Int32], domainCount: Int
  ) throws(DatasetError) -> [LabelledRows] {
    var domains = Array(repeating: LabelledRows(fieldCount: 2), count: domainCount)
    var reader = RecordReader(
      file.bytes, path: file.path, separator: release.ratingsSeparator, fieldCount: 4)
    while try reader.next() {
      let user = try reader.integer(0, "user id", in: 1...MovieLens.maximumID)
      let item = try reader.integer(1, "item id", in: 1...MovieLens.maximumID)
      let rating = try reader.integer(2, "rating", in: 1...5)
      _ = try reader.integer(3, "time in seconds", in: 0...Int.max)
      guard user < domainOfUser.count, domainOfUser[user] >= 0 else {
        throw reader.unexpected("a user of \(release.usersFile)", found: "user \(user)")
      }
      let domain = Int(domainOfUser[user])
      domains[domain].ids[0].append(Int32(user))
      domains[domain].ids[1].append(Int32(item))
      domains[domain].labels.append(rating == 5 ? 1 : 0)
    }
    try reader.requireRecords()
    return domains
  }

  private func source(_ file: MappedFile, named name: String) -> Provenance.Source {
    .init(name: name, sizeInBytes: file.sizeInBytes, sha256: file.checksum)
  }
}
