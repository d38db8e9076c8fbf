internal import Checkpoints
internal import Training

/// What is told of the checkpoints that a run goes on from.
enum ResumptionReport {
  /// A line for each thing that was passed over, and one for each checkpoint.
  static func text(_ found: FoundCheckpoints) -> String {
    let skipped = found.skipped.map { skipped in
      if let reason = skipped.reason { return "passes over \(skipped.path): \(reason)" }
      let what =
        CheckpointFolder.isSetAside(skipped.path)
        ? "files to write the next checkpoint over" : "no whole checkpoint"
      return "removed \(skipped.path): \(what)"
    }
    let names = found.checkpoints.map { checkpoint in
      let settings = checkpoint.formerSettings.joined(separator: ", ")
      return "goes on from \(checkpoint.name.text)"
        + (settings.isEmpty ? "" : ", which ended with \(settings)")
    }
    let lines = skipped + (names.isEmpty ? ["no checkpoint yet: begins anew"] : names)
    return lines.map { $0 + "\n" }.joined()
  }
}
