import Features
import Kernels
import Layers
import Reference
import Testing

@Suite struct EmbeddingTests {
  @Test(arguments: [1, 2, 7, 8, 17])
  func `vectors of all fields lie side by side`(width: Int) {
    let schema = Schema.small(fields: 4, domains: 3, domainField: 1)
    let batch = Batch(random: schema, count: 6, seed: 1)
    var plan = ParameterPlan()
    var activations = Layout()
    let embedding = Embedding(
      schema: schema, width: width, capacity: 6, in: &plan, activations: &activations)
    var parameters = Buffer(plan.layout)
    parameters.randomise(plan.layout, limit: 1, seed: 2)
    let arena = Arena(activations)
    embedding.forward(batch, parameters: parameters, arena: arena)
    #expect(embedding.width == width)
    let x = table(of: arena.matrix(embedding.output, rows: 6))
    for (field, slot) in embedding.tables.enumerated() {
      let vectors = table(of: parameters.matrix(slot))
      for (row, id) in batch.ids(ofField: field).enumerated() {
        for k in 0..<width { #expect(x[row, field * width + k] == vectors[Int(id), k]) }
      }
    }
  }

  @Test func `tables are named after their fields`() {
    let schema = Schema.small(fields: 3, domains: 2, domainField: 2)
    var plan = ParameterPlan()
    var activations = Layout()
    let embedding = Embedding(
      schema: schema, width: 4, capacity: 1, in: &plan, activations: &activations)
    let wide = WideWeights(schema: schema, in: &plan)
    #expect(
      plan.layout.entries.map(\.name) == [
        "embedding.field0", "embedding.field1", "embedding.field2", "wide.field0", "wide.field1",
        "wide.field2",
      ])
    #expect(
      embedding.tables.map(\.rows) == [3, 5, 2] && embedding.tables.allSatisfy { $0.columns == 4 })
    #expect(wide.tables.map(\.rows) == [3, 5, 2] && wide.tables.allSatisfy { $0.columns == 1 })
  }

  @Test func `wide weights worked by hand`() {
    let schema = Schema.small(fields: 2, domains: 2, domainField: 1)
    var plan = ParameterPlan()
    let wide = WideWeights(schema: schema, in: &plan)
    var parameters = Buffer(plan.layout)
    parameters.store([1, 2, 3], in: wide.tables[0])
    parameters.store([0.5, -4], in: wide.tables[1])
    var batch = Batch(capacity: 3, fieldCount: 2)
    batch.resize(to: 2)
    batch.ids = [2, 0, 0, 0, 1, 0]
    var logits: [Float] = [10, 20]
    do {
      var span = logits.mutableSpan
      wide.add(batch, parameters: parameters, into: &span)
    }
    #expect(logits == [13.5, 17])
  }

  @Test func `an id beyond its table traps`() async {
    await #expect(processExitsWith: .failure) {
      let schema = Schema.small(fields: 2, domains: 2, domainField: 1)
      var plan = ParameterPlan()
      var activations = Layout()
      let embedding = Embedding(
        schema: schema, width: 4, capacity: 1, in: &plan, activations: &activations)
      var batch = Batch(random: schema, count: 1, seed: 1)
      batch.ids[0] = 3
      embedding.forward(batch, parameters: Buffer(plan.layout), arena: Arena(activations))
    }
  }
}

extension Embedding {
  /// Reserves the activations, too.
  init(
    schema: Schema, width: Int, capacity: Int, in plan: inout ParameterPlan,
    activations: inout Layout
  ) {
    let columns = width * schema.fields.count
    let output = activations.reserve("output", rows: capacity, columns: columns)
    let gradient = activations.reserve("gradient", rows: capacity, columns: columns)
    self.init(schema: schema, output: output, outputGradient: gradient, in: &plan)
  }
}
