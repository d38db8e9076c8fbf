/// How well a model ranks and predicts the rows of one domain.
///
/// A figure that the rows do not define is `nil`, never a stand-in, and is `null` in JSON.
public struct DomainMetrics: Hashable, Sendable {
  /// The domain's id.
  public var domain: Int
  /// The domain's name.
  public var name: String
  /// The number of rows.
  public var rows: Int
  /// The number of rows whose label is 1.
  public var positives: Int
  /// The exact area under the ROC curve; `nil` unless both classes occur.
  public var auc: Double?
  /// The mean binary cross-entropy in nats; `nil` without rows.
  public var logLoss: Double?
  /// Mean prediction over mean label; `nil` without positive rows.
  public var calibration: Double?

  /// Creates a record of figures that are known already.
  public init(
    domain: Int, name: String, rows: Int, positives: Int, auc: Double?, logLoss: Double?,
    calibration: Double?
  ) {
    self.domain = domain
    self.name = name
    self.rows = rows
    self.positives = positives
    self.auc = auc
    self.logLoss = logLoss
    self.calibration = calibration
  }

  /// Evaluates the rows of a domain.
  ///
  /// - Parameters:
  ///   - domain: The domain's id.
  ///   - name: The domain's name.
  ///   - logits: One logit per row; NaN is a caller's mistake.
  ///   - labels: One label per row, 0 or 1.
  ///   - figure: Which area under the curve is meant.
  public init(
    domain: Int, name: String, logits: Span<Float>, labels: Span<UInt8>,
    figure: AUCKind = .exact
  ) {
    var positives = 0
    for row in 0..<labels.count { positives += Int(labels[row]) }
    self.init(
      domain: domain, name: name, rows: labels.count, positives: positives,
      auc: figure.area(logits: logits, labels: labels),
      logLoss: Evaluation.logLoss(logits: logits, labels: labels),
      calibration: Evaluation.calibration(logits: logits, labels: labels))
  }
}

// MARK: - Coding

extension DomainMetrics: Codable {
  private enum CodingKeys: CodingKey {
    case domain, name, rows, positives, auc, logLoss, calibration
  }

  /// Encodes every figure under its own name, an undefined one as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(domain, forKey: .domain)
    try container.encode(name, forKey: .name)
    try container.encode(rows, forKey: .rows)
    try container.encode(positives, forKey: .positives)
    try container.encode(auc, forKey: .auc)
    try container.encode(logLoss, forKey: .logLoss)
    try container.encode(calibration, forKey: .calibration)
  }
}
