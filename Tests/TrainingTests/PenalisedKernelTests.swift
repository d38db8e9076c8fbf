import Datasets
import Kernels
import Models
import Reference
import Testing
import Training

/// What the L2 penalty does to the cross layers of DCN.
@Suite struct PenalisedKernelTests {
  private let data: TinyData

  init() throws { data = try TinyData() }

  @Test(arguments: Adaptation.allCases.filter { $0 != .compat }, [0, 1e-3] as [Float])
  func `a step without a gradient of the data moves kernels towards zero, and no bias`(
    adaptation: Adaptation, l2: Float
  ) throws {
    var run = TinyRun(.dcn, adaptation)
    run.training.embeddingL2 = l2
    run.training.backbone.learningRate = 0.001
    let model = try run.trainer(data).model
    let before = parameters(model)
    var after = parameters(model)
    var engine = try StepEngine(
      .backbone(model), model: model, configuration: run.training, group: .alone, rank: 0)
    let rows = data.dataset.rows(of: .train)
    let plan = EpochPlan(
      of: rows, domains: 0..<3, stream: RandomStream(seed: 1, purpose: .shuffle), globalBatch: 48,
      shards: run.training.shards, batching: run.training.batching)
    try engine.step(0, of: plan, rows: rows, parameters: &after, dropout: nil)
    for entry in model.layout.entries where entry.name.hasPrefix("cross.") {
      let values = floats(of: before.span(entry.slot))
      // The first step of Adam is the learning rate, whatever the gradient's size.
      let isMoved = l2 > 0 && entry.name.hasSuffix(".weight")
      let expected = values.map { Double($0) - (isMoved ? 0.001 * Double($0.signum) : 0) }
      let found = floats(of: after.span(entry.slot))
      // Adam's ε beside gradients of 2 λ w, and a rounding of w; biases keep every bit.
      let tolerance = Tolerance(absolute: isMoved ? 2e-6 : 0, relative: 0)
      #expect(tolerance.misses(found, for: expected, entry.name) == [])
    }
    #expect(model.penalised.count == 2)
  }

  /// Random parameters, the kernels not near zero, whose head does not read the cross features.
  private func parameters(_ model: Model) -> Buffer {
    var parameters = Buffer(model.layout)
    parameters.randomise(model.layout, limit: 0.5, seed: 1)
    for entry in model.layout.entries {
      let values = floats(of: parameters.span(entry.slot))
      switch entry.name {
      case "head.weight":
        let features = model.rowGradientWidth - 1
        parameters.store(
          values.enumerated().map { $0 < features ? 0 : $1 }, in: entry.slot)
      case "cross.0.weight", "cross.1.weight":
        parameters.store(values.map { $0 + 0.1 * $0.signum }, in: entry.slot)
      default: break
      }
    }
    return parameters
  }
}

extension Float {
  /// One with the number's sign.
  fileprivate var signum: Float { self < 0 ? -1 : 1 }
}
