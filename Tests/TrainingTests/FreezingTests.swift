import Datasets
import Kernels
import Layers
import MPI
import Models
import Reference
import Testing
import Training

@Suite struct FreezingTests {
  private let data: TinyData

  init() throws { data = try TinyData() }

  @Test(arguments: TinyRun.backbones, GateInput.allCases)
  func `each phase changes what it found better values of, and no bit of anything else`(
    backbone: BackboneKind, gate: GateInput
  ) throws {
    var run = TinyRun(backbone)
    run.model.gate.input = gate
    for phase in TrainingPhase.allCases {
      run.training[phase].evaluationsPerEpoch = 5
      run.training[phase].patience = 100
    }
    let trainer = try run.trainer(data)
    var before = trainer.initialBits
    for phase in TrainingPhase.allCases {
      let finished = try Finished(run.ending(with: phase), data)
      let changed = before.indices.filter { before[$0] != finished.parameters[$0] }
      let better = finished.records.filter { $0.phase == phase && $0.epoch > 0 && $0.isBest }
      let expected = Set(better.flatMap { ranges($0, of: trainer.model) })
      #expect(expected.allSatisfy { !changed.filter($0.contains).isEmpty })
      // The gate may have started at its best; its steps are looked at below.
      #expect(phase == .gate || !expected.isEmpty)
      #expect(changed.allSatisfy { index in expected.contains { $0.contains(index) } })
      before = finished.parameters
    }
  }

  /// What the training that a record is of may change.
  private func ranges(_ record: EvaluationRecord, of model: Model) -> [Range<Int>] {
    switch record.phase {
    case .backbone: [model.ranges.dense, model.ranges.tables]
    case .experts: record.expert.map { [model.ranges.adapters[$0]] } ?? []
    case .gate: [model.ranges.gate]
    }
  }

  @Test(arguments: TinyRun.backbones, [0, 1, 2, 4])
  func `a step of an expert changes that expert's parameters alone`(
    backbone: BackboneKind, expert: Int
  ) throws {
    var run = TinyRun(backbone)
    run.model.experts = 5
    let model = try run.trainer(data).model
    let changed = try changes(of: .expert(expert, model), run, steps: 2)
    #expect(changed.allSatisfy(model.ranges.adapters[expert].contains))
    #expect(!changed.isEmpty)
  }

  @Test(arguments: TinyRun.backbones, GateInput.allCases)
  func `a step of the gate changes the gate alone`(
    backbone: BackboneKind, gate: GateInput
  ) throws {
    var run = TinyRun(backbone)
    run.model.gate.input = gate
    let model = try run.trainer(data).model
    // Experts that add nothing would give the gate nothing to learn from.
    let changed = try changes(of: .gate(model), run, steps: 2, limit: 0.5)
    #expect(changed.allSatisfy(model.ranges.gate.contains))
    #expect(!changed.isEmpty)
  }

  @Test(arguments: TinyRun.backbones, TinyRun.adaptations)
  func `a step of the backbone changes neither experts nor gate`(
    backbone: BackboneKind, adaptation: Adaptation
  ) throws {
    let run = TinyRun(backbone, adaptation)
    let model = try run.trainer(data).model
    let task = TrainingTask.backbone(model)
    let changed = try changes(of: task, run, steps: 2)
    #expect(changed.allSatisfy(task.changes(model).contains))
    #expect(changed.contains(where: model.ranges.dense.contains))
    #expect(changed.contains(where: model.ranges.tables.contains))
    #expect(
      changed.contains { index in model.ranges.adapters.contains { $0.contains(index) } }
        == (adaptation == .mlora))
  }

  @Test(arguments: TinyRun.backbones)
  func `a step leaves the adapters of domains it lacks as they are`(
    backbone: BackboneKind
  ) throws {
    var run = TinyRun(backbone, .mlora)
    run.training.batching = .perDomain
    let model = try run.trainer(data).model
    var seen: Set<Int> = []
    try forEachStep(of: .backbone(model), run, steps: 20) { samples, changed in
      let rows = data.dataset.rows(of: .train)
      let domains = Set(
        samples.map { sample in
          (0..<model.schema.domainCount).firstIndex {
            rows.samples(ofDomain: $0).contains(Int(sample))
          }
        })
      #expect(domains.count == 1)
      for (domain, range) in model.ranges.adapters.enumerated() {
        #expect(changed.contains(where: range.contains) == domains.contains(domain))
      }
      seen.formUnion(domains.compactMap { $0 })
    }
    #expect(seen.count > 1)
  }

  @Test(arguments: TinyRun.adaptations)
  func `phases without epochs change nothing`(adaptation: Adaptation) throws {
    var run = TinyRun(.wdl, adaptation)
    for phase in TrainingPhase.allCases { run.training[phase].maximumEpochs = 0 }
    let finished = try Finished(run, data)
    #expect(finished.parameters == (try run.trainer(data)).initialBits)
    #expect(finished.results.allSatisfy { $0.epochs == 0 && $0.samplesPerSecond == 0 })
    #expect(finished.records.allSatisfy { $0.epoch == 0 && $0.isBest && $0.trainingLoss == nil })
  }

  /// The indices of the parameters that some steps of a task change.
  private func changes(
    of task: TrainingTask, _ run: TinyRun, steps: Int, limit: Float? = nil
  ) throws -> Set<Int> {
    var all: Set<Int> = []
    try forEachStep(of: task, run, steps: steps, limit: limit) { _, changed in
      all.formUnion(changed)
    }
    return all
  }

  /// Takes steps of a task; the body is told each step's rows and the parameters it changed.
  ///
  /// Parameters are initial ones, or random ones up to a limit.
  private func forEachStep(
    of task: TrainingTask, _ run: TinyRun, steps: Int, limit: Float? = nil,
    _ body: (ArraySlice<Int32>, [Int]) -> Void
  ) throws {
    let model = try run.trainer(data).model
    let rows = data.dataset.rows(of: .train)
    let plan = EpochPlan(
      of: rows, domains: task.domains, stream: RandomStream(seed: 1, purpose: .shuffle),
      globalBatch: 16, shards: run.training.shards, batching: run.training.batching)
    var training = run.training
    training[task.phase].globalBatch = 16
    var engine = try StepEngine(
      task, model: model, configuration: training, group: .alone, rank: 0)
    var parameters = model.initialParameters(seed: 1)
    if let limit { parameters.randomise(model.layout, limit: limit, seed: 1) }
    for step in 0..<min(steps, plan.stepCount) {
      let before = parameters.bits(model.ranges.all)
      try engine.step(step, of: plan, rows: rows, parameters: &parameters, dropout: nil)
      let after = parameters.bits(model.ranges.all)
      body(plan.samples(ofStep: step), before.indices.filter { before[$0] != after[$0] })
    }
  }
}

extension Trainer {
  /// The bits of all parameters, before training.
  var initialBits: [UInt32] { parameters.bits(model.ranges.all) }
}
