internal import Foundation
internal import Training

extension TrainingProgress {
  /// The moment in one line, for example
  /// `experts, expert 1 (of 7), epoch 3 of at most 50, 40%, 812k samples/s, validation AUC 0.8071,
  /// at most 2m05s left`.
  ///
  /// Where several ranks train experts, an overview of all of them takes the place of this rank's.
  func line(timeLeft: Duration?, overview: String? = nil) -> String {
    var parts = [phase.rawValue]
    if let overview {
      parts.append(overview)
    } else if let expert {
      parts.append(expert.words)
    }
    parts.append("epoch \(epoch + 1) of at most \(maximumEpochs)")
    if stepsPerEpoch > 0 { parts.append("\(100 * step / stepsPerEpoch)%") }
    parts.append("\(Self.rate(samplesPerSecond)) samples/s")
    if let validationAUC { parts.append("validation AUC \(String(format: "%.4f", validationAUC))") }
    if let timeLeft { parts.append("at most \(timeLeft.inClockUnits) left") }
    return parts.joined(separator: ", ")
  }

  /// A rate with a unit that leaves at most four digits before the point.
  private static func rate(_ rate: Double) -> String {
    switch rate {
    case 10_000_000...: String(format: "%.1fM", rate / 1_000_000)
    case 10_000...: String(format: "%.0fk", rate / 1000)
    default: String(format: "%.0f", rate)
    }
  }
}

extension TrainingProgress.Expert {
  /// The expert by its index, as errors name it and tensors do: `expert 0 (of 7)` is the first.
  var words: String { "expert \(index) (of \(count))" }
}

extension Duration {
  /// The duration to the second, for example `45s`, `2m05s` or `3h10m`.
  var inClockUnits: String {
    let seconds = components.seconds
    let (minutes, hours) = (seconds / 60, seconds / 3600)
    if hours > 0 { return String(format: "%lldh%02lldm", hours, minutes % 60) }
    if minutes > 0 { return String(format: "%lldm%02llds", minutes, seconds % 60) }
    return "\(seconds)s"
  }
}
