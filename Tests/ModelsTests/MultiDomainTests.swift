import Features
import Kernels
import Layers
import Models
import Reference
import Testing

@Suite struct MultiDomainTests {
  private static let networks = BackboneKind.allCases.filter(\.isMultiDomain)

  /// As for the backbones with adaptations.
  private let tolerance = Tolerance(absolute: 1e-6, relative: 1e-5)

  private func example(_ network: BackboneKind, fields: Int = 3) -> ModelCase {
    var example = ModelCase()
    example.schema = .small(fields: fields, domains: 3, domainField: fields - 1)
    example.configuration.backbone = network
    example.configuration.adaptation = .none
    example.configuration.embeddingWidth = 2
    example.configuration.hidden = [8, 7, 5]
    example.configuration.experts = 3
    example.configuration.domainExperts = 2
    return example
  }

  @Test(arguments: networks, [0, 0.5] as [Float])
  func `every element of every gradient is right`(network: BackboneKind, dropout: Float) {
    var example = example(network)
    example.dropout = dropout
    let pass = GradientPass(example, trainable: .backbone, count: 23)
    #expect(pass.lossMisses == [])
    #expect(pass.misses(tolerance, every: 1) == [])
    for name in pass.trained { #expect(pass.gradients(of: name).contains { $0 != 0 }, "\(name)") }
  }

  @Test(arguments: networks, [1, 7, 128])
  func `gradients with seven fields are right`(network: BackboneKind, count: Int) {
    let pass = GradientPass(example(network, fields: 7), trainable: .backbone, count: count)
    #expect(pass.lossMisses == [])
    #expect(pass.misses(tolerance, every: 13) == [])
  }

  @Test(arguments: networks)
  func `a domain without rows gets gradients of zero`(network: BackboneKind) {
    let pass = GradientPass(example(network), trainable: .backbone, count: 11, domains: [0, 2])
    for name in pass.trained where name.contains("domains.") {
      #expect(
        pass.gradients(of: name).allSatisfy { $0 == 0 } == name.contains("domains.1"), "\(name)")
    }
  }

  @Test(arguments: networks)
  func `an empty shard has gradients of zero`(network: BackboneKind) {
    let pass = GradientPass(example(network), trainable: .backbone, count: 0)
    #expect(pass.lossSum == 0 && !pass.trained.isEmpty)
    #expect(pass.trained.allSatisfy { pass.gradients(of: $0).allSatisfy { $0 == 0 } })
  }

  @Test(arguments: networks)
  func `a row's logit is the same alone and among others`(network: BackboneKind) {
    let example = example(network)
    let model = Model(example.configuration, schema: example.schema, capacity: 33)
    let parameters = example.parameters(model)
    let batch = Batch(random: example.schema, count: 33, seed: 4)
    let together = model.logits(batch, parameters, .backbone)
    for row in 0..<batch.count {
      var alone = Batch(capacity: 1, fieldCount: example.schema.fields.count)
      alone.resize(to: 1)
      alone.domains[0] = batch.domains[row]
      for field in example.schema.fields.indices {
        alone.ids[field] = batch.ids[field * batch.capacity + row]
      }
      #expect(model.logits(alone, parameters, .backbone) == [together[row]])
    }
  }

  @Test(arguments: networks)
  func `the domain decides although its embedding is the same`(network: BackboneKind) {
    let example = example(network)
    let model = Model(example.configuration, schema: example.schema, capacity: 3)
    var parameters = example.parameters(model)
    for entry in model.layout.entries where entry.name == "embedding.field2" {
      parameters.store(Array(repeating: 0, count: entry.slot.count), in: entry.slot)
    }
    var batch = Batch(capacity: 3, fieldCount: 3)
    batch.resize(to: 3)
    for domain in 0..<3 {
      batch.domains[domain] = Int32(domain)
      batch.ids[2 * batch.capacity + domain] = Int32(domain)
    }
    #expect(Set(model.logits(batch, parameters, .backbone)).count == 3)
  }
}
