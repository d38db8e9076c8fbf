import CAllocations
import Features
import Kernels
import Layers
import Models
import Optimizers
import Reference
import Testing

@Suite struct AllocationTests {
  @Test(arguments: [1, 1000])
  func `the counter counts`(count: Int) {
    begin_counting_allocations()
    let values = [Float](repeating: 1, count: count)
    let counts = end_counting_allocations()
    #expect(counts.others == 1 && counts.matrix_library == 0 && values.count == count)
  }

  /// Every mode of the backbones with adaptations, and the multi-domain networks.
  private static let cases =
    BackboneKind.adaptable.flatMap { ModelCase.modes($0) }
    + BackboneKind.allCases.filter(\.isMultiDomain).map {
      var example = ModelCase()
      example.configuration.backbone = $0
      example.configuration.adaptation = .none
      return example
    }

  @Test(arguments: cases)
  func `a training step allocates nothing`(example: ModelCase) {
    useOneThread()
    let model = Model(example.configuration, schema: example.schema, capacity: 128)
    let batches = [128, 0, 1, 77].map { Batch(random: example.schema, count: $0, seed: 3) }
    var parameters = example.parameters(model, limit: 0.2)
    var gradients = Buffer(count: model.ranges.statistics.upperBound)
    var workspace = ModelWorkspace(model)
    var adam = Adam(AdamConfiguration(), for: model.ranges.all)
    // The first step is the warm-up.
    for step in 0..<3 {
      begin_counting_allocations()
      for index in batches.indices {
        model.prepare(parameters, mode: example.mode, workspace)
        model.forward(
          batches[index], parameters: parameters, mode: example.mode, dropout: example.mask,
          &workspace)
        _ = model.backward(
          batches[index], parameters: parameters, mode: example.mode,
          trainable: [.backbone, .adapters, .gate], scale: 1, gradients: &gradients, &workspace)
      }
      adam.beginStep()
      adam.update(
        model.ranges.dense, of: &parameters, gradients: gradients.span(model.ranges.dense))
      let counts = end_counting_allocations()
      // oneDNN packs the operands of some products in memory of its own, which it frees again.
      #expect(step == 0 || counts.others == 0)
    }
  }
}
