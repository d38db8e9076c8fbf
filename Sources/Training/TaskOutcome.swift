/// What came of a task.
package struct TaskOutcome: Hashable, Codable, Sendable {
  /// The evaluations, from that of the untrained candidate on.
  package var records: [EvaluationRecord] = []
  /// The epochs begun.
  package var epochs = 0
  /// The rows trained.
  package var samples = 0
  /// The seconds of training, evaluation not included.
  package var trainingSeconds = 0.0

  /// A manifest has the evaluations as a member of its own, ``TaskManifest``.
  private enum CodingKeys: CodingKey { case epochs, samples, trainingSeconds }

  /// The outcome of a task that has not begun.
  package init() {}

  /// The rows trained per second; zero before the first step.
  var samplesPerSecond: Double { trainingSeconds > 0 ? Double(samples) / trainingSeconds : 0 }

  /// Adds what came of a task that followed.
  static func += (total: inout TaskOutcome, next: TaskOutcome) {
    total.records += next.records
    total.epochs += next.epochs
    total.samples += next.samples
    total.trainingSeconds += next.trainingSeconds
  }
}
