import Datasets
import Features
import Kernels
import Models
import Reference
import Testing
import Training

/// The moving averages of `star` over steps of several shards.
@Suite struct PartitionedStatisticsTests {
  private let data: TinyData

  init() throws { data = try TinyData() }

  @Test(arguments: [1, 2, 3, 8], Batching.allCases)
  func `each step moves the averages towards its batch's`(
    shards: Int, batching: Batching
  ) throws {
    var run = TinyRun(.star, .none)
    run.training.shards = shards
    run.training.batching = batching
    run.training.backbone.globalBatch = 32
    let model = try run.trainer(data).model
    let rows = data.dataset.rows(of: .train)
    let plan = EpochPlan(
      of: rows, domains: 0..<3, stream: RandomStream(seed: 1, purpose: .shuffle), globalBatch: 32,
      shards: shards, batching: batching)
    var engine = try StepEngine(
      .backbone(model), model: model, configuration: run.training, group: .alone, rank: 0)
    var parameters = model.initialParameters(seed: 1)
    parameters.randomise(model.layout, limit: 0.5, seed: 1)
    resetStatistics(&parameters, model)
    // Averages of the running ones in double precision, from the embeddings before each step.
    var expected = ReferenceParameters(parameters, layout: model.layout)
    for step in 0..<12 {
      let tables = ReferenceParameters(parameters, layout: model.layout)
      follow(&expected, plan.samples(ofStep: step), rows, tables, model)
      try engine.step(step, of: plan, rows: rows, parameters: &parameters, dropout: nil)
    }
    for entry in model.layout.entries(in: model.ranges.statistics) {
      let found = floats(of: parameters.span(entry.slot))
      // Twelve roundings of averages and of sums of 32 squares, all below one.
      #expect(
        Tolerance(absolute: 2e-6, relative: 0).misses(
          found, for: expected[entry.name].elements, entry.name) == [])
      #expect(found.contains { $0 != 0 && $0 != 1 } == (entry.name != "norm.sums"))
    }
  }

  @Test func `a run leaves averages that differ by rounding alone for other shards`() throws {
    let runs = try [1, 2, 4, 8].map { shards in
      var run = TinyRun(.star, .none)
      run.training.shards = shards
      // The parameters after one epoch, whatever the figures: the first evaluation is the best.
      run.training.backbone.maximumEpochs = 1
      run.model.dropout = 0
      return try Finished(run, data)
    }
    let names = runs[0].model.layout.entries(in: runs[0].model.ranges.statistics)
    for finished in runs {
      for entry in names {
        let values = finished.parameters[entry.slot.range].map(Float.init(bitPattern:))
        let expected = runs[0].parameters[entry.slot.range].map {
          Double(Float(bitPattern: $0))
        }
        #expect(values.allSatisfy { $0.isFinite })
        #expect(
          Tolerance(absolute: 1e-5, relative: 0).misses(values, for: expected, entry.name) == [])
      }
    }
  }

  /// Averages, shares and sums of zero, as at first.
  private func resetStatistics(_ parameters: inout Buffer, _ model: Model) {
    let initial = model.initialParameters(seed: 1)
    for entry in model.layout.entries(in: model.ranges.statistics) {
      parameters.store(floats(of: initial.span(entry.slot)), in: entry.slot)
    }
  }

  /// Moves averages by a hundredth of the way to those of some rows.
  private func follow(
    _ averages: inout ReferenceParameters, _ samples: ArraySlice<Int32>, _ rows: SplitRows,
    _ tables: ReferenceParameters, _ model: Model
  ) {
    var batch = Batch(capacity: samples.count, fieldCount: model.schema.fields.count)
    rows.fill(&batch, with: samples)
    let width = model.configuration.embeddingWidth
    for domain in 0..<model.schema.domainCount {
      let own = (0..<batch.count).filter { Int(batch.domains[$0]) == domain }
      guard !own.isEmpty else { continue }
      let share = "norm.domains.\(domain).share"
      averages[share][0, 0] += 0.01 * (1 - averages[share][0, 0])
      for (index, field) in model.schema.fields.enumerated() {
        let table = tables["embedding.\(field.name)"]
        for k in 0..<width {
          let values = own.map { table[Int(batch.ids[index * batch.capacity + $0]), k] }
          let mean = values.reduce(0, +) / Double(own.count)
          let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
          for (name, value) in [("mean", mean), ("variance", squares / Double(own.count))] {
            let name = "norm.domains.\(domain).\(name)"
            averages[name][0, index * width + k] +=
              0.01 * (value - averages[name][0, index * width + k])
          }
        }
      }
    }
  }
}
