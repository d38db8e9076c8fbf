import Glibc

/// Which area under the ROC curve is computed.
public enum AUCKind: Sendable {
  /// The exact one, which is what is reported.
  case exact
  /// The one at 500 thresholds, by which the published code chooses its best parameters.
  case thresholds

  /// The area for logits; `nil` unless both classes occur.
  func area(logits: Span<Float>, labels: Span<UInt8>) -> Double? {
    switch self {
    case .exact: return exactAUC(scores: logits, labels: labels)
    case .thresholds:
      // As the exact area: by the order of values alone, save that the sigmoid may round two to one.
      var probabilities = [Float](repeating: 0, count: logits.count)
      for row in 0..<logits.count {
        probabilities[row] = Float(1 / (1 + exp(-Double(logits[row]))))
      }
      return thresholdAUC(probabilities: probabilities.span, labels: labels)
    }
  }
}
