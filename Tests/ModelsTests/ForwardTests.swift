import Features
import Kernels
import Models
import Reference
import Testing

@Suite struct ForwardTests {
  /// Logits are sums of up to a few hundred products of numbers around one: an error of some units
  /// in the last place of the largest partial sum (2^-24 · 10, some tens with 192 outputs of a
  /// compressed interaction network), and of the hidden layers before.
  private let tolerance = Tolerance(absolute: 1e-5, relative: 1e-5)

  private static let sizes: [ModelCase] = BackboneKind.adaptable.flatMap { backbone in
    [(3, 3, 4), (3, 5, 2), (7, 3, 3), (7, 2, 7)].flatMap { fields, domains, experts in
      ModelCase.modes(backbone, experts: experts).map { example in
        var example = example
        example.schema = .small(fields: fields, domains: domains, domainField: fields / 2)
        example.configuration.embeddingWidth = 5
        example.configuration.hidden = [17, 9, 3]
        example.configuration.adapterReduction = 4
        return example
      }
    }
  }

  @Test(arguments: sizes, [0, 1, 7, 128])
  func `logits agree with double precision`(example: ModelCase, count: Int) {
    for dropout: Float in [0, 0.5] {
      var example = example
      example.dropout = dropout
      expectAgreement(example, count: count)
    }
  }

  @Test(arguments: BackboneKind.adaptable, [[1], [64], [255, 129], [256, 128, 64]])
  func `towers of other widths agree with double precision`(
    backbone: BackboneKind, hidden: [Int]
  ) {
    for var example in ModelCase.modes(backbone) {
      example.configuration.hidden = hidden
      example.configuration.embeddingWidth = 8
      expectAgreement(example, count: 33, limit: 0.2)
    }
  }

  @Test func `a row's logit does not depend on the rows beside it`() {
    for example in ModelCase.modes(.wdl) {
      let model = Model(example.configuration, schema: example.schema, capacity: 9)
      let parameters = example.parameters(model, limit: 0.2)
      let batch = Batch(random: example.schema, count: 9, seed: 5)
      let together = model.logits(batch, parameters, example.mode, dropout: example.mask)
      for row in 0..<9 {
        var alone = Batch(capacity: 1, fieldCount: batch.fieldCount)
        alone.resize(to: 1)
        alone.domains[0] = batch.domains[row]
        alone.samples[0] = batch.samples[row]
        for field in 0..<batch.fieldCount {
          alone.ids[field] = batch.ids[field * batch.capacity + row]
        }
        let z = model.logits(alone, parameters, example.mode, dropout: example.mask)
        #expect(tolerance.misses(z, for: [Double(together[row])]) == [])
      }
    }
  }

  @Test func `a mask of rate zero changes no bit`() {
    for example in ModelCase.modes(.wdl) {
      let model = Model(example.configuration, schema: example.schema, capacity: 9)
      let parameters = example.parameters(model, limit: 0.2)
      let batch = Batch(random: example.schema, count: 9, seed: 5)
      let masked = model.logits(batch, parameters, example.mode, dropout: DropoutMask(rate: 0))
      let plain = model.logits(batch, parameters, example.mode)
      #expect(masked.map(\.bitPattern) == plain.map(\.bitPattern))
    }
  }

  private func expectAgreement(
    _ example: ModelCase, count: Int, limit: Float = 0.7,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let model = Model(example.configuration, schema: example.schema, capacity: max(1, count))
    let parameters = example.parameters(model, limit: limit)
    let batch = Batch(random: example.schema, count: count, seed: 11)
    let expected = ReferenceModel(example.configuration, schema: example.schema).logits(
      batch, ReferenceParameters(parameters, layout: model.layout), mode: example.mode,
      dropout: example.mask)
    let found = model.logits(batch, parameters, example.mode, dropout: example.mask)
    #expect(
      tolerance.misses(found, for: expected, "\(example.testDescription) z") == [],
      sourceLocation: sourceLocation)
  }
}
