internal import Training

/// What is told of the checkpoints that a run goes on from.
enum ResumptionReport {
  /// A line for each thing that was passed over, and one for each checkpoint.
  static func text(_ found: FoundCheckpoints) -> String {
    let skipped = found.skipped.map { skipped in
      skipped.reason.map { "passes over \(skipped.path): \($0)" }
        ?? "removed \(skipped.path), which was no whole checkpoint"
    }
    let names = found.names.map { "goes on from \($0)" }
    let lines = skipped + (names.isEmpty ? ["no checkpoint yet: begins anew"] : names)
    return lines.map { $0 + "\n" }.joined()
  }
}
