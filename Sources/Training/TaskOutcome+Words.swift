import Evaluation

/// An outcome as numbers, so that the rank that trained an expert can hand it to the others.
extension TaskOutcome {
  private static let headerWords = 3
  private static let recordWords = 7

  /// All numbers; names, phase and expert are known to the receiver.
  package var words: [Double] {
    [Double(epochs), Double(samples), trainingSeconds] + records.flatMap(TaskOutcome.words)
  }

  /// A record's numbers, ``recordWords`` of its own and then its table's.
  private static func words(of record: EvaluationRecord) -> [Double] {
    let own: [Double] = [
      Double(record.epoch), Double(record.step), record.trainingLoss ?? .nan,
      record.isBest ? 1 : 0, record.seconds, record.samplesPerSecond,
      record.regularisation ?? .nan,
    ]
    return own + record.validation.words
  }

  /// Restores an outcome from ``words``.
  ///
  /// - Parameters:
  ///   - words: the numbers.
  ///   - task: the task the outcome is of.
  ///   - names: the names of all domains.
  package init(words: [Double], task: TrainingTask, names: [String]) {
    epochs = Int(words[0])
    samples = Int(words[1])
    trainingSeconds = words[2]
    let tableWords = EvaluationTable.wordCount(domains: task.domains.count)
    let width = TaskOutcome.recordWords + tableWords
    for start in stride(from: TaskOutcome.headerWords, to: words.count, by: width) {
      let table = words[start + TaskOutcome.recordWords..<start + width]
      records.append(
        EvaluationRecord(
          phase: task.phase, expert: task.expert, epoch: Int(words[start]),
          step: Int(words[start + 1]),
          trainingLoss: words[start + 2].isNaN ? nil : words[start + 2],
          regularisation: words[start + 6].isNaN ? nil : words[start + 6],
          validation: EvaluationTable(words: Array(table), names: names),
          isBest: words[start + 3] == 1, seconds: words[start + 4],
          samplesPerSecond: words[start + 5]))
    }
  }
}
