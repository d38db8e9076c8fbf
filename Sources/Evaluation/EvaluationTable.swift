/// The figures of every evaluated domain, and the averages over them.
public struct EvaluationTable: Hashable, Sendable {
  /// One record per domain, in the order of evaluation.
  public var domains: [DomainMetrics]

  /// Creates a table, empty unless records are given.
  public init(domains: [DomainMetrics] = []) {
    self.domains = domains
  }

  /// Evaluates the rows of a domain and adds its record.
  ///
  /// - Parameters:
  ///   - domain: The domain's id.
  ///   - name: The domain's name.
  ///   - logits: One logit per row; NaN is a caller's mistake.
  ///   - labels: One label per row, 0 or 1.
  public mutating func append(
    domain: Int, name: String, logits: Span<Float>, labels: Span<UInt8>
  ) {
    domains.append(DomainMetrics(domain: domain, name: name, logits: logits, labels: labels))
  }

  /// The number of rows of all domains.
  public var rows: Int { domains.reduce(0) { $0 + $1.rows } }

  /// The number of positive rows of all domains.
  public var positives: Int { domains.reduce(0) { $0 + $1.positives } }

  /// The mean of the areas, each domain counted once, over the domains that have one.
  public var meanAUC: Double? {
    mean(of: \.auc) { _ in 1 }
  }

  /// The mean of the areas weighted by rows (WAUC), over the domains that have one.
  public var weightedAUC: Double? {
    mean(of: \.auc) { $0.rows }
  }

  /// The mean binary cross-entropy of all rows, in nats.
  public var logLoss: Double? {
    mean(of: \.logLoss) { $0.rows }
  }

  /// The weighted mean of a figure over the domains that have it, added in order.
  private func mean(
    of figure: KeyPath<DomainMetrics, Double?>, weight: (DomainMetrics) -> Int
  ) -> Double? {
    var sum = 0.0
    var total = 0
    for domain in domains {
      guard let value = domain[keyPath: figure] else { continue }
      sum += Double(weight(domain)) * value
      total += weight(domain)
    }
    return total == 0 ? nil : sum / Double(total)
  }
}

// MARK: - Coding

extension EvaluationTable: Codable {
  private enum CodingKeys: CodingKey { case meanAUC, weightedAUC, logLoss, domains }

  /// Reads the domains' records; the averages follow from them.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(domains: try container.decode([DomainMetrics].self, forKey: .domains))
  }

  /// Encodes the averages and the domains' records, an undefined figure as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(meanAUC, forKey: .meanAUC)
    try container.encode(weightedAUC, forKey: .weightedAUC)
    try container.encode(logLoss, forKey: .logLoss)
    try container.encode(domains, forKey: .domains)
  }
}
