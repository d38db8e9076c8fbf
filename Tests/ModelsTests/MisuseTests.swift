import Features
import Kernels
import Models
import Reference
import Testing

@Suite struct MisuseTests {
  @Test func `rows that are not ordered by domain trap`() async {
    await #expect(processExitsWith: .failure) {
      var example = ModelCase()
      example.configuration.adaptation = .mlora
      let model = Model(example.configuration, schema: example.schema, capacity: 3)
      var batch = Batch(random: example.schema, count: 3, seed: 1)
      batch.domains = [0, 1, 0]
      _ = model.logits(batch, Buffer(model.layout), .domainAdapters)
    }
  }

  @Test func `merging a domain that is not there traps`() async {
    await #expect(processExitsWith: .failure) {
      let example = ModelCase()
      let model = Model(example.configuration, schema: example.schema, capacity: 1)
      _ = model.merged(Buffer(model.layout), domain: 3)
    }
  }

  @Test func `merging what depends on the sample traps`() async {
    await #expect(processExitsWith: .failure) {
      var example = ModelCase()
      example.configuration.gate.input = .features
      let model = Model(example.configuration, schema: example.schema, capacity: 1)
      _ = model.merged(Buffer(model.layout), domain: 0)
    }
  }

  @Test func `more rows than the capacity trap`() async {
    await #expect(processExitsWith: .failure) {
      let example = ModelCase()
      let model = Model(example.configuration, schema: example.schema, capacity: 3)
      let batch = Batch(random: example.schema, count: 4, seed: 1)
      _ = model.logits(batch, Buffer(model.layout), .backbone)
    }
  }

  @Test func `a backward pass of another batch than the forward pass traps`() async {
    await #expect(processExitsWith: .failure) {
      let example = ModelCase()
      let model = Model(example.configuration, schema: example.schema, capacity: 3)
      var workspace = ModelWorkspace(model)
      let parameters = Buffer(model.layout)
      var gradients = Buffer(model.layout)
      model.forward(
        Batch(random: example.schema, count: 3, seed: 1), parameters: parameters, mode: .backbone,
        dropout: nil, &workspace)
      _ = model.backward(
        Batch(random: example.schema, count: 2, seed: 1), parameters: parameters, mode: .backbone,
        trainable: .backbone, scale: 1, gradients: &gradients, &workspace)
    }
  }

  @Test func `a gated pass of a model without a gate traps`() async {
    await #expect(processExitsWith: .failure) {
      var example = ModelCase()
      example.configuration.adaptation = .mlora
      let model = Model(example.configuration, schema: example.schema, capacity: 3)
      let batch = Batch(random: example.schema, count: 3, seed: 1)
      _ = model.logits(batch, Buffer(model.layout), .gated)
    }
  }

  @Test func `a tower without layers traps`() async {
    await #expect(processExitsWith: .failure) {
      var example = ModelCase()
      example.configuration.hidden = []
      _ = Model(example.configuration, schema: example.schema, capacity: 3)
    }
  }

  @Test func `experts without layers trap`() async {
    await #expect(processExitsWith: .failure) {
      var example = ModelCase()
      example.configuration.backbone = .mmoe
      example.configuration.hidden = [8]
      _ = Model(example.configuration, schema: example.schema, capacity: 1)
    }
  }
}
