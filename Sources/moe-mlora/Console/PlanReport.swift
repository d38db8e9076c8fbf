internal import Experiments
internal import Foundation
internal import Training

/// What `moe-mlora plan` measured and predicts.
struct PlanReport: Encodable {
  /// A phase.
  struct Phase: Encodable {
    let phase: String
    let cost: PhaseCost
    let predictions: [PhasePrediction]
    /// The seconds of a real step on the ranks of the only prediction, with `--check`.
    let measuredStepSeconds: Double?
    /// The ranks that took it, the slowest of which counts.
    let measuredRanks: [Int]?
    /// How much longer the predicted step is than the measured one, as a share of that.
    let error: Double?
  }

  let network: NetworkModel
  private(set) var phases: [Phase] = []

  /// Begins without phases.
  init(network: NetworkModel) { self.network = network }

  /// Adds a phase.
  mutating func add(
    _ phase: TrainingPhase, _ cost: PhaseCost, _ predictions: [PhasePrediction],
    measured: MeasuredStep?
  ) {
    let predicted = predictions.first?.stepSeconds
    let error = measured.flatMap { measured in
      predicted.map { ($0 - measured.seconds) / measured.seconds }
    }
    phases.append(
      Phase(
        phase: phase.rawValue, cost: cost, predictions: predictions,
        measuredStepSeconds: measured?.seconds, measuredRanks: measured?.ranks, error: error))
  }

  /// The figures as one line of JSON.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

// MARK: - Text

extension PlanReport {
  /// Network, table and, with `--check`, the comparison.
  var text: String {
    let network = String(
      format: "network: latency %.1f us, overhead %.1f us, %.4g MB/s",
      1e6 * network.latencyInSeconds, 1e6 * network.overheadInSeconds,
      network.bytesPerSecond / 1e6)
    let comparison = phases.contains { $0.error != nil } ? "\n\n" + comparison : ""
    return [network, costs, table].joined(separator: "\n\n") + comparison
  }

  /// What was measured on one rank.
  private var costs: String {
    let header = [
      "measured", "us a row", "us a step", "us for tables", "us to score a row",
      "us of figures a row",
    ]
    let lines = phases.map { phase in
      [
        phase.phase, microseconds(phase.cost.secondsPerRow),
        microseconds(phase.cost.secondsPerStep), microseconds(phase.cost.secondsPerTables),
        microseconds(phase.cost.secondsPerScoredRow),
        microseconds(phase.cost.secondsPerFigureRow),
      ]
    }
    return TextTable([header] + lines).description
  }

  private func microseconds(_ seconds: Double) -> String { String(format: "%.3f", 1e6 * seconds) }

  private var table: String {
    let header = [
      "phase", "ranks", "sharing a step", "step ms", "messages ms", "epoch s", "efficiency",
      "MB a rank",
      "MB sent a step", "MB sent an epoch",
    ]
    let lines = phases.flatMap(\.predictions).map { prediction in
      [
        prediction.phase.rawValue, "\(prediction.ranks)", "\(prediction.ranksPerStep)",
        milliseconds(prediction.stepSeconds), milliseconds(prediction.messageSeconds),
        String(format: "%.2f", prediction.epochSeconds),
        String(format: "%.0f %%", 100 * prediction.efficiency),
        megabytes(prediction.memoryInBytes), megabytes(prediction.bytesPerStep),
        megabytes(prediction.bytesPerEpoch),
      ]
    }
    return TextTable([header] + lines).description
  }

  private var comparison: String {
    let lines = phases.compactMap { phase -> [String]? in
      guard let measured = phase.measuredStepSeconds, let error = phase.error,
        let prediction = phase.predictions.first
      else { return nil }
      return [
        phase.phase, "\(prediction.ranksPerStep)", milliseconds(prediction.stepSeconds),
        milliseconds(measured), String(format: "%+.0f %%", 100 * error),
      ]
    }
    return TextTable(
      [["step", "ranks", "predicted ms", "measured ms", "error"]] + lines
    ).description
  }

  private func milliseconds(_ seconds: Double) -> String { String(format: "%.3f", 1000 * seconds) }

  private func megabytes(_ bytes: Int) -> String { String(format: "%.2f", Double(bytes) / 1e6) }
}
