import Models
import Testing
import Training

@Suite struct FactsTests {
  @Test func `a configuration is told by its keys`() {
    var model = ModelConfiguration()
    model.gate.input = .features
    let lines = facts(model, "model")
    #expect(lines.first == "model.backbone: wdl")
    #expect(lines.contains("model.experts: none"))
    #expect(lines.contains("model.hidden: [256, 128, 64]"))
    #expect(lines.contains("model.gate.input: features"))
  }

  @Test func `phases have lines of their own, and a value that is set stands by itself`() {
    var training = TrainingConfiguration()
    training.gate.learningRate = 0.25
    var model = ModelConfiguration()
    model.experts = 3
    let lines = facts(training, "training") + facts(model, "model")
    #expect(lines.contains("training.gate.learningRate: 0.25"))
    #expect(lines.contains("training.experts.learningRate: 0.001"))
    #expect(lines.contains("model.experts: 3"))
  }
}
