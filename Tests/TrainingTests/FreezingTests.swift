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

  @Test(arguments: BackboneKind.allCases, GateInput.allCases)
  func `each phase changes its own parameters and no bit of others`(
    backbone: BackboneKind, gate: GateInput
  ) throws {
    var run = TinyRun(backbone)
    run.model.gate.input = gate
    let initial = try run.trainer(data).initialBits
    let model = try run.trainer(data).model
    let ranges = model.ranges
    let phases = try TrainingPhase.allCases.map {
      try Finished(run.ending(with: $0), data).parameters
    }
    let starts = [initial] + phases
    let trained = [[ranges.dense, ranges.tables], ranges.adapters, [ranges.gate]]
    for (phase, ranges) in trained.enumerated() {
      let (before, after) = (starts[phase], phases[phase])
      let changed = before.indices.filter { before[$0] != after[$0] }
      #expect(changed.allSatisfy { index in ranges.contains { $0.contains(index) } })
      for range in ranges { #expect(!changed.filter(range.contains).isEmpty) }
    }
  }

  @Test(arguments: BackboneKind.allCases, [0, 1, 2, 4])
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

  @Test(arguments: BackboneKind.allCases)
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

  @Test(arguments: Adaptation.allCases)
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
    of task: TrainingTask, _ run: TinyRun, steps: Int
  ) throws -> Set<Int> {
    var all: Set<Int> = []
    try forEachStep(of: task, run, steps: steps) { _, changed in all.formUnion(changed) }
    return all
  }

  /// Takes steps of a task; the body is told each step's rows and the parameters it changed.
  private func forEachStep(
    of task: TrainingTask, _ run: TinyRun, steps: Int,
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
      task, model: model, configuration: training, group: .alone)
    var parameters = model.initialParameters(seed: 1)
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
