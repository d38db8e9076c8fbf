import Glibc

/// The mean binary cross-entropy of logits, in nats.
///
/// `1/n · Σ softplus(z) - y·z`, evaluated as `softplus(-z)` for a positive row and `softplus(z)` for a
/// negative one, which neither overflows nor cancels. Rows are added in their order and in double
/// precision, so the same rows give the same bits.
///
/// - Parameters:
///   - logits: One logit per row.
///   - labels: One label per row, 0 or 1.
/// - Returns: The mean, or `nil` when there are no rows.
/// - Complexity: O(n).
public func logLoss(logits: Span<Float>, labels: Span<UInt8>) -> Double? {
  precondition(logits.count == labels.count, "\(logits.count) logits, \(labels.count) labels")
  guard !logits.isEmpty else { return nil }
  var sum = 0.0
  for row in 0..<logits.count {
    precondition(labels[row] <= 1, "the label of row \(row) is \(labels[row])")
    let logit = Double(logits[row])
    sum += softplus(labels[row] == 1 ? -logit : logit)
  }
  return sum / Double(logits.count)
}

/// The mean predicted probability over the share of positive rows; 1 is calibrated, above it the
/// model promises too much.
///
/// - Parameters:
///   - logits: One logit per row.
///   - labels: One label per row, 0 or 1.
/// - Returns: The ratio, or `nil` when there are no positive rows.
/// - Complexity: O(n).
public func calibration(logits: Span<Float>, labels: Span<UInt8>) -> Double? {
  precondition(logits.count == labels.count, "\(logits.count) logits, \(labels.count) labels")
  var predicted = 0.0
  var observed = 0
  for row in 0..<logits.count {
    precondition(labels[row] <= 1, "the label of row \(row) is \(labels[row])")
    predicted += 1 / (1 + exp(-Double(logits[row])))
    observed += Int(labels[row])
  }
  return observed == 0 ? nil : predicted / Double(observed)
}

/// `log(1 + e^x)` without overflow.
private func softplus(_ x: Double) -> Double {
  max(x, 0) + log1p(exp(-abs(x)))
}
