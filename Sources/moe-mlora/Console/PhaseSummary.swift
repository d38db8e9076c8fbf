internal import Experiments
internal import Foundation
internal import Training

/// The figures of finished phases, for the terminal.
enum PhaseSummary {
  /// A phase in one line.
  static func line(_ result: PhaseResult) -> String {
    """
    \(result.phase.rawValue): \(String(format: "%.1f", result.seconds)) s, \
    \(counted(result.epochs, "epoch")), \(Int(result.samplesPerSecond)) samples/s, validation weighted AUC \
    \(figure(result.validation.weightedAUC))
    """
  }

  /// The test AUC of every domain, and the averages, after each phase.
  static func table(_ phases: [PhaseResult]) -> String {
    guard let last = phases.last else { return "" }
    let header =
      ["test AUC", "rows", "positives"] + phases.map { "after \($0.phase.rawValue)" }
    let domains = last.test.domains.enumerated().map { index, domain in
      [domain.name, "\(domain.rows)", "\(domain.positives)"]
        + phases.map { figure($0.test.domains[index].auc) }
    }
    let averages = [
      ["mean", "", ""] + phases.map { figure($0.test.meanAUC) },
      ["weighted", "\(last.test.rows)", "\(last.test.positives)"]
        + phases.map { figure($0.test.weightedAUC) },
      ["log-loss", "", ""] + phases.map { figure($0.test.logLoss) },
    ]
    return TextTable([header] + domains + averages).description
  }

  /// A figure with four digits, `-` where it is undefined.
  private static func figure(_ value: Double?) -> String {
    value.map { String(format: "%.4f", $0) } ?? "-"
  }
}
