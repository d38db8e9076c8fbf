import Features
import Kernels
import Layers
import Models
import Reference
import Testing

@Suite struct GradientTests {
  /// Gradients of a mean loss over seven rows, of magnitude 1e-3 to 1: the rounding of single
  /// precision (6e-8) grows through three layers and seven rows, and cancels in the sums.
  private let tolerance = Tolerance(absolute: 1e-6, relative: 1e-5)

  private let everything: TrainableParts = [.backbone, .adapters, .gate]

  private static let trainableSets: [TrainableParts] = [
    [.backbone], [.adapters], [.gate], [.adapters, .gate], [.backbone, .adapters],
  ]

  private static let tiny: [ModelCase] = BackboneKind.adaptable.flatMap { backbone in
    ModelCase.modes(backbone, experts: 4).map { example in
      var example = example
      example.configuration.embeddingWidth = 2
      example.configuration.hidden = [8, 7, 5]
      example.configuration.adapterReduction = 2
      return example
    }
  }

  @Test(arguments: tiny, [0, 0.5] as [Float])
  func `every element of every gradient is right`(example: ModelCase, dropout: Float) {
    var example = example
    example.dropout = dropout
    let pass = GradientPass(example, trainable: everything, count: 11)
    #expect(pass.lossMisses == [])
    #expect(pass.misses(tolerance, every: 1) == [])
    // Where importances are zero for every row, so are their gradients; the layer's tests have others.
    for name in pass.trained where !name.contains("senet") {
      #expect(pass.gradients(of: name).contains { $0 != 0 }, "\(name)")
    }
  }

  @Test(arguments: tiny, trainableSets)
  func `a gradient's bits do not depend on what else is trained`(
    example: ModelCase, trainable: TrainableParts
  ) {
    let whole = GradientPass(example, trainable: everything, count: 11)
    let part = GradientPass(example, trainable: trainable, count: 11)
    for name in part.trained {
      #expect(
        part.gradients(of: name).map(\.bitPattern) == whole.gradients(of: name).map(\.bitPattern),
        "\(name)")
    }
    if trainable.contains(.backbone) { #expect(part.inputGradient == whole.inputGradient) }
    #expect(part.logitGradient == whole.logitGradient)
  }

  @Test(arguments: tiny)
  func `gradients do not depend on where the domain field is`(example: ModelCase) {
    var example = example
    example.schema = .small(fields: 4, domains: 2, domainField: 0)
    let pass = GradientPass(example, trainable: everything, count: 7)
    #expect(pass.misses(tolerance, every: 1) == [])
  }

  @Test(arguments: tiny, [(3, 1), (3, 7), (3, 128), (7, 1), (7, 7), (7, 128)])
  func `gradients are right for any number of fields and rows`(
    example: ModelCase, size: (fields: Int, rows: Int)
  ) {
    var example = example
    example.schema = .small(fields: size.fields, domains: 3, domainField: size.fields - 1)
    let pass = GradientPass(example, trainable: everything, count: size.rows)
    #expect(pass.lossMisses == [])
    #expect(pass.misses(tolerance, every: 13) == [])
  }

  @Test(arguments: BackboneKind.adaptable)
  func `sampled elements at larger sizes are right`(backbone: BackboneKind) {
    for var example in ModelCase.modes(backbone, experts: 5) {
      example.schema = .small(fields: 7, domains: 3, domainField: 3)
      example.configuration.embeddingWidth = 3
      example.configuration.hidden = [33, 17]
      example.configuration.adapterReduction = 8
      let pass = GradientPass(
        example, trainable: everything, count: 40, limit: 0.3)
      #expect(pass.misses(tolerance, every: 97) == [])
    }
  }

  @Test(arguments: tiny)
  func `an empty shard has gradients of zero`(example: ModelCase) {
    let pass = GradientPass(example, trainable: everything, count: 0)
    #expect(pass.lossSum == 0)
    #expect(pass.trained.allSatisfy { pass.gradients(of: $0).allSatisfy { $0 == 0 } })
  }

  @Test(arguments: tiny, trainableSets)
  func `what is not trained gets no gradient`(example: ModelCase, trainable: TrainableParts) {
    let pass = GradientPass(example, trainable: trainable, count: 7)
    let trained = Set(pass.trained)
    for entry in pass.model.layout.entries where !trained.contains(entry.name) {
      #expect(
        pass.gradients(of: entry.name).allSatisfy {
          $0.bitPattern == GradientPass.marker.bitPattern
        },
        "\(entry.name)")
    }
    #expect(!trained.isEmpty || trainable.isDisjoint(with: .backbone))
  }

  @Test func `a domain without rows has an adapter gradient of zero`() {
    var example = ModelCase()
    example.configuration.adaptation = .mlora
    example.mode = .domainAdapters
    // Narrow, so that no logit is so large that a probability of exactly one hides a gradient.
    example.configuration.hidden = [12, 7]
    let pass = GradientPass(example, trainable: [.adapters], count: 7, domains: [0, 2])
    for entry in pass.model.layout.entries where entry.name.contains("domains") {
      let gradients = pass.gradients(of: entry.name)
      #expect(gradients.allSatisfy { $0 == 0 } == entry.name.contains("domains.1"), "\(entry.name)")
    }
  }

  @Test(arguments: tiny)
  func `a second pass gives the same bits`(example: ModelCase) {
    let once = GradientPass(example, trainable: everything, count: 7)
    let twice = GradientPass(example, trainable: everything, count: 7, passes: 2)
    for name in once.trained {
      #expect(
        once.gradients(of: name).map(\.bitPattern) == twice.gradients(of: name).map(\.bitPattern),
        "\(name)")
    }
  }
}
