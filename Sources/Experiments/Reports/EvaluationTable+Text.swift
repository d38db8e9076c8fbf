public import Evaluation

extension EvaluationTable {
  /// The table for a terminal: a line per domain, then the averages; `-` where a figure is undefined.
  public var text: String {
    let header = ["domain", "rows", "positives", "AUC", "log-loss", "calibration"]
    let records = domains.map { record in
      [record.name, grouped(record.rows), grouped(record.positives)]
        + [fixed(record.auc, digits: 4), fixed(record.logLoss, digits: 4)]
        + [fixed(record.calibration, digits: 3)]
    }
    let averages = [
      ["mean", "", "", fixed(meanAUC, digits: 4), "", ""],
      ["weighted", grouped(rows), grouped(positives)]
        + [fixed(weightedAUC, digits: 4), fixed(logLoss, digits: 4), ""],
    ]
    return TextTable([header] + records + averages).description
  }
}

/// A count with a comma before every three digits.
private func grouped(_ count: Int) -> String {
  let digits = Array(String(count))
  return digits.indices.reduce(into: "") { text, index in
    if index > 0 && (digits.count - index).isMultiple(of: 3) { text.append(",") }
    text.append(digits[index])
  }
}

/// A non-negative figure with a fixed number of decimals.
private func fixed(_ figure: Double?, digits: Int) -> String {
  guard let figure else { return "-" }
  let unit = (0..<digits).reduce(1) { product, _ in 10 * product }
  guard let units = Int(exactly: (figure * Double(unit)).rounded()) else { return "\(figure)" }
  let decimals = String(units % unit)
  return "\(units / unit)." + String(repeating: "0", count: digits - decimals.count) + decimals
}
