public import Features
internal import Glibc
internal import Kernels

/// Generates click data with a planted structure that a multi-domain model can learn.
///
/// A row of domain `d` has a user `u` and an item `v`, drawn by popularity. Its label is 1 with
/// probability `sigmoid(logit)`:
///
/// `logit = intercept[d] + user[u] + item[v] + x[u]·y[v] / √R + x[u]·(P[d] Q[d]ᵀ)·y[v] / (R √S)`
///
/// each term times its deviation, with standard normal `user`, `item`, `x` and `y` `[R]` (the
/// preference shared by all domains), and `P`, `Q` `[R, S]` (the domain's low-rank shift). The
/// intercept is solved for the domain's share of positives. A user may meet an item more than once.
///
/// Every number comes from a counter-based stream, so equal configurations give equal bytes (with the
/// same mathematical library on the same kind of processor).
public struct SyntheticData: Sendable {
  /// What the data looks like.
  public let configuration: SyntheticConfiguration
  /// Fields `uid`, `pid` and `domain`.
  public let schema: Schema
  private let preferences: PlantedPreferences
  private let popularity: ItemPopularity
  private let stream: RandomStream

  /// Prepares the generator.
  ///
  /// - Throws: ``DatasetError/impossible(setting:expected:found:)``.
  public init(_ configuration: SyntheticConfiguration) throws(DatasetError) {
    try configuration.check()
    self.configuration = configuration
    stream = RandomStream(seed: configuration.seed, purpose: .synthesis)
    schema = Schema(
      fields: [
        Field(name: "uid", cardinality: configuration.users),
        Field(name: "pid", cardinality: configuration.items),
        Field(name: "domain", cardinality: configuration.domains),
      ],
      domainField: 2, domainNames: (0..<configuration.domains).map { "synthetic_\($0)" })
    preferences = PlantedPreferences(configuration, stream: stream.derived(0))
    popularity = ItemPopularity(
      items: configuration.items, exponent: configuration.popularityExponent,
      stream: stream.derived(1))
  }

  /// Generates all rows and splits them.
  ///
  /// - Throws: ``DatasetError/oneClass(domain:name:split:rows:positives:)`` if a domain is too small
  ///   for its share of positives.
  public func contents() throws(DatasetError) -> DatasetContents {
    let rowCounts = shares(of: configuration.samples, by: configuration.sizes)
    let userCounts = shares(of: configuration.users, by: configuration.sizes)
    var firstUser = 0
    var domains: [LabelledRows] = []
    for domain in 0..<configuration.domains {
      let users = firstUser..<firstUser + userCounts[domain]
      firstUser = users.upperBound
      domains.append(
        rows(
          ofDomain: domain, count: rowCounts[domain],
          users: configuration.sharesUsers ? 0..<configuration.users : users))
    }
    return try DatasetContents(
      name: "synthetic", schema: schema,
      provenance: Provenance(
        sources: [], splitRule: StratifiedSplit.rule, seed: configuration.seed,
        synthesis: configuration),
      domains: domains, split: StratifiedSplit(seed: configuration.seed))
  }

  /// The logit of a row before the domain's intercept.
  func affinity(user: Int, item: Int, domain: Int) -> Double {
    preferences.affinity(user: user, item: item, domain: domain)
  }

  // MARK: -

  private func rows(ofDomain domain: Int, count: Int, users: Range<Int>) -> LabelledRows {
    let stream = stream.derived(2).derived(domain)
    var rows = LabelledRows(fieldCount: 2)
    var affinities: [Double] = []
    for row in 0..<count {
      let user = users.lowerBound + stream.integer(below: users.count, at: 3 * row)
      let item = popularity.item(at: stream.uniform(at: 3 * row + 1))
      rows.ids[0].append(Int32(user))
      rows.ids[1].append(Int32(item))
      affinities.append(affinity(user: user, item: item, domain: domain))
    }
    let intercept = intercept(of: affinities, ctr: configuration.ctrs[domain])
    rows.labels = affinities.indices.map { row in
      stream.uniform(at: 3 * row + 2) < sigmoid(intercept + affinities[row]) ? 1 : 0
    }
    return rows
  }

  /// The intercept at which the mean probability is `ctr`, by bisection over evenly spaced rows.
  private func intercept(of affinities: [Double], ctr: Double) -> Double {
    let step = max(1, affinities.count / 16_384)
    let sample = stride(from: 0, to: affinities.count, by: step).map { affinities[$0] }
    var (low, high) = (-1000.0, 1000.0)
    for _ in 0..<50 {
      let middle = (low + high) / 2
      let mean = sample.reduce(0) { $0 + sigmoid(middle + $1) } / Double(max(1, sample.count))
      if mean < ctr { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// Whole numbers that add up to `total`, at least one each, proportional to weights.
  private func shares(of total: Int, by weights: [Double]) -> [Int] {
    let spare = Double(total - weights.count)
    let sum = weights.reduce(0, +)
    var before = 0.0
    return weights.map { weight in
      let start = (spare * (before / sum)).rounded()
      before += weight
      return 1 + Int((spare * min(1, before / sum)).rounded() - start)
    }
  }
}

/// `1 / (1 + exp(-x))`.
private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
