/// A table as numbers alone, so that one rank can broadcast it and all others hold the same bits.
extension EvaluationTable {
  /// The numbers one domain takes: id, rows, positives, AUC, log-loss and calibration.
  private static let wordsPerDomain = 6

  /// The size of ``words`` for a number of evaluated domains.
  public static func wordCount(domains: Int) -> Int { domains * wordsPerDomain }

  /// Every record's numbers, an undefined figure as NaN; names are not among them.
  public var words: [Double] {
    domains.flatMap { record in
      [Double(record.domain), Double(record.rows), Double(record.positives)]
        + [record.auc, record.logLoss, record.calibration].map { $0 ?? .nan }
    }
  }

  /// Restores a table from ``words``.
  ///
  /// - Parameters:
  ///   - words: The numbers, ``wordCount(domains:)`` of them.
  ///   - names: A name for every domain id that occurs, the index being the id.
  public init(words: [Double], names: [String]) {
    let width = EvaluationTable.wordsPerDomain
    precondition(words.count.isMultiple(of: width), "\(words.count) words, \(width) per domain")
    self.init(
      domains: stride(from: 0, to: words.count, by: width).map { start in
        let figures = words[(start + 3)...].prefix(3).map { $0.isNaN ? nil : $0 }
        let domain = Int(words[start])
        precondition(names.indices.contains(domain), "domain \(domain) of \(names.count) names")
        return DomainMetrics(
          domain: domain, name: names[domain], rows: Int(words[start + 1]),
          positives: Int(words[start + 2]), auc: figures[0], logLoss: figures[1],
          calibration: figures[2])
      })
  }
}
