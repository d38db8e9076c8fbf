import Datasets
import Testing

@Suite struct SyntheticDataTests {
  @Test(arguments: [("samples", 22), ("users", 40), ("items", 52)])
  func `data fit if memory holds what is counted`(setting: String, bytes: Int) throws {
    var configuration = SyntheticConfiguration()
    (configuration.samples, configuration.users, configuration.items) = (0, 0, 0)
    switch setting {
    case "samples": configuration.samples = 1009
    case "users": configuration.users = 1009
    default: configuration.items = 1009
    }
    try configuration.checkSize(memoryInBytes: 1009 * bytes)
    let error = try #require(throws: DatasetError.self) {
      try configuration.checkSize(memoryInBytes: 1009 * bytes - 1)
    }
    #expect(error.description.hasPrefix("\(setting): expected "))
  }

  /// All rows of a domain.
  private func rows(_ contents: DatasetContents, _ domain: Int) -> LabelledRows {
    var all = LabelledRows(fieldCount: 2)
    for split in Split.allCases {
      let rows = contents.rows(ofDomain: domain, split)
      for field in 0..<2 { all.ids[field] += rows.ids[field] }
      all.labels += rows.labels
    }
    return all
  }

  private func contents(
    _ change: (inout SyntheticConfiguration) -> Void = { _ in }
  ) throws -> DatasetContents {
    var configuration = SyntheticConfiguration()
    change(&configuration)
    return try SyntheticData(configuration).contents()
  }

  @Test func `sizes add up and follow the weights, and shares of positives are met`() throws {
    let ctrs = [0.1, 0.5, 0.25]
    let contents = try contents {
      $0.domains = 3
      $0.samples = 60_000
      $0.domainSizes = [1, 2, 3]
      $0.domainCTRs = ctrs
    }
    let domains = (0..<3).map { rows(contents, $0) }
    #expect(domains.map(\.count).reduce(0, +) == 60_000)
    for (domain, rows) in domains.enumerated() {
      #expect(abs(rows.count - 10_000 * (domain + 1)) <= 3)
      // Five standard deviations of the share of 10,000 Bernoulli draws, and the intercept's sample.
      let found = Double(rows.positives) / Double(rows.count)
      #expect(abs(found - ctrs[domain]) < 0.025)
    }
  }

  @Test(arguments: [1, 2, 3, 7, 8, 9, 33])
  func `any number of domains shares out all rows and users`(domains: Int) throws {
    let contents = try contents {
      $0.domains = domains
      $0.samples = 50_021
      $0.sizeRatio = 0.9
    }
    let found = (0..<domains).map { rows(contents, $0) }
    #expect(found.reduce(0) { $0 + $1.count } == 50_021)
    var seen: Set<Int32> = []
    for rows in found {
      let users = Set(rows.ids[0])
      #expect(users.isDisjoint(with: seen))
      seen.formUnion(users)
      #expect(rows.ids[0].allSatisfy { (0..<2_000).contains($0) })
      #expect(rows.ids[1].allSatisfy { (0..<1_000).contains($0) })
    }
    #expect(seen.count > 1_900)
  }

  @Test func `users can be shared by all domains`() throws {
    let contents = try contents {
      $0.sharesUsers = true
      $0.users = 100
    }
    for domain in 0..<4 { #expect(Set(rows(contents, domain).ids[0]).count == 100) }
  }

  @Test(arguments: [0.0, 0.7, 1.2])
  func `item popularity falls with its rank as asked`(exponent: Double) throws {
    let contents = try contents {
      $0.domains = 1
      $0.popularityExponent = exponent
    }
    var counts = Array(repeating: 0, count: 1_000)
    for item in rows(contents, 0).ids[1] { counts[Int(item)] += 1 }
    counts.sort(by: >)
    let top = Double(counts[..<100].reduce(0, +)) / 200_000
    let weights = (1...1_000).map { power(Double($0), -exponent) }
    let expected = weights[..<100].reduce(0, +) / weights.reduce(0, +)
    // Choosing the hundred largest of noisy counts adds a little where all are alike.
    #expect(top > expected - 0.01 && top < expected + 0.025)
  }

  @Test func `equal configurations give equal rows, other seeds others`() throws {
    let small = { (configuration: inout SyntheticConfiguration) in configuration.samples = 5_000 }
    let first = try contents(small)
    let again = try contents(small)
    let other = try contents {
      small(&$0)
      $0.seed = 2
    }
    for domain in 0..<4 {
      #expect(rows(first, domain) == rows(again, domain))
      #expect(rows(first, domain) != rows(other, domain))
    }
    #expect(first.provenance.synthesis?.samples == 5_000)
  }

  @Test func `a written description tells how to make the data again`() throws {
    let directory = try TemporaryDirectory()
    let first = try contents { $0.samples = 5_000 }.write(to: directory.file("first"))
    let recorded = try #require(
      try Dataset(directory: directory.file("first")).description.provenance.synthesis)
    let second = try SyntheticData(recorded).contents().write(to: directory.file("second"))
    #expect(first == second)
  }

  /// The defaults with a change.
  private static func changed(
    _ change: (inout SyntheticConfiguration) -> Void
  ) -> SyntheticConfiguration {
    var configuration = SyntheticConfiguration()
    change(&configuration)
    return configuration
  }

  @Test(arguments: [
    ("domains", "0", changed { $0.domains = 0 }),
    ("samples", "3", changed { $0.samples = 3 }),
    ("users", "3", changed { $0.users = 3 }),
    ("items", "0", changed { $0.items = 0 }),
    ("popularityExponent", "nan", changed { $0.popularityExponent = .nan }),
    ("shiftDeviation", "-1.0", changed { $0.shiftDeviation = -1 }),
    ("sharedRank", "-1", changed { $0.sharedRank = -1 }),
    ("ctrRange", "1.0", changed { $0.ctrRange = [0.1, 1] }),
    ("ctrRange's count", "1", changed { $0.ctrRange = [0.1] }),
    ("domainCTRs", "nan", changed { $0.domainCTRs = [0.1, 0.2, 0.3, .nan] }),
    ("domainCTRs' count", "1", changed { $0.domainCTRs = [0.1] }),
    ("domainSizes' count", "2", changed { $0.domainSizes = [1, 2] }),
    ("domainSizes", "0.0", changed { $0.domainSizes = [1, 2, 3, 0] }),
  ])
  func `an impossible setting is named`(
    setting: String, found: String, configuration: SyntheticConfiguration
  ) throws {
    let error = try #require(throws: DatasetError.self) { _ = try SyntheticData(configuration) }
    #expect(error.isBadInput)
    #expect(error.description.hasPrefix("\(setting): expected a value in "))
    #expect(error.description.hasSuffix(", found \(found)"))
  }
}
