import Datasets
import Models
import Testing
import Training

@Suite struct TaskOutcomeTests {
  @Test(arguments: [0, 1, 3])
  func `an outcome survives as numbers`(epochs: Int) throws {
    let data = try TinyData()
    var run = TinyRun()
    run.training.experts.maximumEpochs = epochs
    let finished = try Finished(run.ending(with: .experts), data)
    for expert in finished.model.ranges.adapters.indices {
      var outcome = TaskOutcome()
      outcome.records = finished.records.filter { $0.expert == expert }
      outcome.epochs = epochs
      outcome.samples = (1 << 40) + 1
      outcome.trainingSeconds = 0.1
      let restored = TaskOutcome(
        words: outcome.words, task: .expert(expert, finished.model),
        names: finished.model.schema.domainNames)
      #expect(outcome.records.count == 1 + epochs)
      #expect(restored.records == outcome.records)
      #expect(restored.epochs == outcome.epochs && restored.samples == outcome.samples)
      #expect(restored.trainingSeconds == outcome.trainingSeconds)
    }
  }

  @Test func `an outcome without evaluations does, too`() throws {
    let model = try TinyRun().trainer(TinyData()).model
    let restored = TaskOutcome(words: TaskOutcome().words, task: .gate(model), names: [])
    #expect(restored.records.isEmpty && restored.epochs == 0 && restored.samples == 0)
  }
}
