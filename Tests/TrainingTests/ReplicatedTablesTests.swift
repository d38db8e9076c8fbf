import Features
import Kernels
import Models
import Optimizers
import Reference
import Testing
import Training

@Suite struct ReplicatedTablesTests {
  @Test(arguments: [1, 2, 3, 5, 8, 12, 16], TinyRun.backbones)
  func `sums have the bits of dense tables summed in the tree`(
    shards: Int, backbone: BackboneKind
  ) throws {
    let example = TableExample(backbone, shards: shards, rows: 97)
    let tables = try replicated(example, batch: example.capacity)
    var parameters = Buffer(example.model.layout)
    // Full, ragged and tiny batches in turn: nothing of the last batch may be left.
    for (seed, rows) in [97, 1, 16, 17, 96, 2, 15, 97].enumerated() {
      let batches = example.batches(rows: rows, seed: UInt64(seed))
      let gradients = example.rowGradients(rows: rows, seed: UInt64(seed))
      _ = try tables.sum(batches[...], example.gradients(of: batches, gradients))
      let expected = example.denseSum(batches, gradients)
      #expect(gradientBits(tables, example) == expected.map(\.bitPattern))
      try tables.update(&parameters, smallSums: Span())
      #expect(gradientBits(tables, example).allSatisfy { $0 == 0 })
    }
  }

  @Test func `negative zeros add up to a positive one, as in a dense table`() throws {
    let example = TableExample(.wdl, shards: 4, rows: 9)
    let tables = try replicated(example, batch: 9)
    let zeros = [Float](repeating: -0.0, count: 9 * example.model.rowGradientWidth)
    let batches = example.batches(rows: 9, seed: 1)
    _ = try tables.sum(batches[...], example.gradients(of: batches, zeros))
    #expect(gradientBits(tables, example).allSatisfy { $0 == 0 })
  }

  @Test(arguments: TableUpdates.allCases, TinyRun.backbones)
  func `updates agree with Adam written down plainly`(
    updates: TableUpdates, backbone: BackboneKind
  ) throws {
    let example = TableExample(backbone, shards: 5, rows: 23)
    let (model, l2) = (example.model, Float(1e-2))
    let tables = try replicated(
      example, batch: 23,
      TableOptimizer(AdamConfiguration(learningRate: 0.1), updates: updates, l2: l2))
    var parameters = Buffer(model.layout)
    parameters.randomise(model.layout, limit: 1, seed: 4)
    var expected = PlainAdam(
      parameters: floats(of: parameters.span(model.ranges.tables)).map(Double.init))
    for step in 0..<6 {
      let batches = example.batches(rows: step == 2 ? 3 : 23, seed: UInt64(step))
      let rows = batches.reduce(0) { $0 + $1.count }
      let stream = RandomStream(seed: 9, purpose: .synthesis).derived(step)
      let gradients = stream.floats(rows * model.rowGradientWidth)
      _ = try tables.sum(batches[...], example.gradients(of: batches, gradients))
      try tables.update(&parameters, smallSums: Span())
      let isUpdated = updates == .dense ? nil : elements(of: batches, model)
      expected.step(example.denseSum(batches, gradients).map(Double.init), l2: Double(l2)) {
        isUpdated?.contains($0) ?? true
      }
      #expect(gradientBits(tables, example).allSatisfy { $0 == 0 })
    }
    // Single precision against double over six steps of size 0.1.
    let tolerance = Tolerance(absolute: 1e-5, relative: 1e-5)
    #expect(
      tolerance.misses(floats(of: parameters.span(model.ranges.tables)), for: expected.parameters)
        == [])
  }

  @Test(arguments: TinyRun.backbones)
  func `row-wise updates leave all other rows as they are`(backbone: BackboneKind) throws {
    let example = TableExample(backbone, shards: 4, rows: 9)
    let model = example.model
    let tables = try replicated(
      example, batch: 9, TableOptimizer(AdamConfiguration(), updates: .rowWise, l2: 1e-2))
    var parameters = Buffer(model.layout)
    parameters.randomise(model.layout, limit: 1, seed: 4)
    let before = parameters.bits(model.ranges.tables)
    let batches = example.batches(rows: 9, seed: 1)
    let gradients = example.rowGradients(rows: 9, seed: 1)
    _ = try tables.sum(batches[...], example.gradients(of: batches, gradients))
    try tables.update(&parameters, smallSums: Span())
    let after = parameters.bits(model.ranges.tables)
    let changed = Set(before.indices.filter { before[$0] != after[$0] })
    #expect(changed == elements(of: batches, model))
  }

  private func replicated(
    _ example: TableExample, batch: Int,
    _ optimizer: TableOptimizer = TableOptimizer(AdamConfiguration(), updates: .rowWise, l2: 0)
  ) throws -> ReplicatedTables {
    ReplicatedTables(
      example.model, tree: example.tree, group: .alone, node: .alone, batch: batch,
      gradients: try RowGradients(
        example.model, tree: example.tree, group: .alone, node: .alone, batch: batch), optimizer)
  }

  /// The gradient of every table element, as bits.
  private func gradientBits(_ tables: ReplicatedTables, _ example: TableExample) -> [UInt32] {
    var gradients = Buffer(example.model.layout)
    tables.copyGradients(to: &gradients)
    return gradients.bits(example.model.ranges.tables)
  }

  /// The table elements that rows of the batches use, counted from the first table.
  private func elements(of batches: [Batch], _ model: Model) -> Set<Int> {
    var elements: Set<Int> = []
    for batch in batches {
      for (index, table) in (model.embeddingTables + model.wideTables).enumerated() {
        for id in batch.ids(ofField: index % model.schema.fields.count) {
          let start = table.offset - model.ranges.tables.lowerBound + Int(id) * table.columns
          elements.formUnion(start..<start + table.columns)
        }
      }
    }
    return elements
  }
}
