import Datasets
import Evaluation
import MPI
import Models
import Testing
import Training

@Suite struct TrainingCourseTests {
  private let data: TinyData

  init() throws { data = try TinyData() }

  @Test(arguments: [Float(0), 1e-5, 0.25], [BackboneKind.wdl, .dcn])
  func `the penalty is told beside the loss, where tables are trained`(
    l2: Float, backbone: BackboneKind
  ) throws {
    var run = TinyRun(backbone)
    run.training.embeddingL2 = l2
    let finished = try Finished(run.ending(with: .backbone), data)
    let record = try #require(finished.records.last { $0.phase == .backbone && $0.isBest })
    let layout = finished.model.layout
    let kernels = layout.entries.filter { $0.name.wholeMatch(of: /cross\.\d\.weight/) != nil }
    #expect(kernels.count == (backbone == .dcn ? 2 : 0))
    let penalised = [finished.model.ranges.tables] + kernels.map(\.slot.range)
    let sum = penalised.flatMap { finished.parameters[$0] }.reduce(0.0) { sum, bits in
      sum + Double(Float(bitPattern: bits)) * Double(Float(bitPattern: bits))
    }
    let penalty = try #require(record.regularisation)
    // The sums differ in the order of their additions: a few roundings of doubles.
    #expect(abs(penalty - Double(l2) * sum) <= 1e-12 * penalty)
    #expect((penalty > 0) == (l2 > 0))
  }

  @Test func `phases that do not train tables tell no penalty`() throws {
    let finished = try Finished(TinyRun(), data)
    #expect(Set(finished.records.map(\.phase)) == [.backbone, .experts, .gate])
    for record in finished.records {
      #expect((record.regularisation != nil) == (record.phase == .backbone))
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 8, 9, 1000])
  func `evaluations are evenly spaced, the last at the end of the epoch`(count: Int) throws {
    var run = TinyRun(.mlp, .none)
    run.training.backbone.maximumEpochs = 2
    run.training.backbone.evaluationsPerEpoch = count
    run.training.backbone.patience = 1000
    let steps = (data.dataset.rows(of: .train).count + 47) / 48
    #expect(steps == 9)
    let finished = try Finished(run, data)
    // The k-th of n evaluations comes after the first step that completes k/n of the epoch.
    let perEpoch = min(count, steps)
    let due = (1...perEpoch).map { (steps * $0 + perEpoch - 1) / perEpoch }
    #expect(finished.records.map(\.step) == [0] + due + due.map { steps + $0 })
    #expect(
      finished.records.map(\.epoch)
        == [0] + due.map { _ in 1 } + due.map { _ in 2 })
  }

  @Test func `training ends when patience does, in the middle of an epoch too`() throws {
    var run = TinyRun(.mlp, .none)
    run.training.backbone.maximumEpochs = 1000
    run.training.backbone.evaluationsPerEpoch = 3
    run.training.backbone.patience = 2
    let finished = try Finished(run, data)
    let flags = finished.records.map(\.isBest)
    #expect(flags.suffix(3) == [true, false, false])
    #expect(!zip(flags, flags.dropFirst()).dropLast().contains { !$0 && !$1 })
    #expect(finished.results[0].epochs == finished.records.last?.epoch)
  }

  @Test(arguments: TinyRun.adaptations)
  func `the training loss is the mean over the rows since the last evaluation`(
    adaptation: Adaptation
  ) throws {
    var run = TinyRun(.wdl, adaptation)
    run.model.dropout = 0
    for phase in TrainingPhase.allCases {
      // So small a step changes no logit by more than rounding.
      run.training[phase].learningRate = 1e-20
      run.training[phase].maximumEpochs = 1
    }
    let finished = try Finished(run, data)
    var scorer = Scorer(finished.model, group: .alone)
    let parameters = finished.model.initialParameters(seed: run.seed)
    for record in finished.records where record.epoch == 1 {
      let mode: ModelMode =
        switch (record.phase, adaptation) {
        case (.backbone, .mlora): .domainAdapters
        case (.backbone, _): .backbone
        case (.experts, _): .expert(record.expert ?? 0)
        case (.gate, _): .gated
        }
      let domains = record.expert.map { $0..<$0 + 1 } ?? 0..<3
      let table = try scorer.evaluate(
        data.dataset.rows(of: .train), domains: domains, parameters: parameters
      ) { _ in mode }
      let expected = try #require(table.logLoss)
      // Single-precision logits in batches of other sizes.
      #expect(abs(try #require(record.trainingLoss) - expected) < 1e-6)
    }
  }

  @Test func `steps are reported one by one`() throws {
    let run = TinyRun(.mlp)
    var trainer = try run.trainer(data)
    var steps: [TrainingProgress] = []
    _ = try trainer.train { event in
      if case .stepped(let progress) = event { steps.append(progress) }
    }
    for (last, next) in zip(steps, steps.dropFirst()) where next.continues(last) {
      #expect(next.stepsDone == last.stepsDone + 1)
    }
    #expect(steps.count { $0.stepsDone == 1 } == 5)
    #expect(steps.compactMap(\.expert).allSatisfy { $0.count == 3 })
  }

  @Test(arguments: [1, 4])
  func `training that diverges is an error that says when`(evaluations: Int) throws {
    var run = TinyRun(.mlp)
    run.training.backbone.learningRate = 1e30
    run.training.backbone.evaluationsPerEpoch = evaluations
    var trainer = try run.trainer(data)
    let error = #expect(throws: TrainingError.self) { try trainer.train { _ in } }
    // A NaN may have a sign, which says nothing.
    #expect(error?.description.contains("-nan") == false)
    guard case .notFinite(_, .backbone, nil, epoch: 1, step: 2) = error else {
      Issue.record("\(error.map { "\($0)" } ?? "no error")")
      return
    }
  }

  @Test(arguments: [Adaptation.moe, .compat])
  func `training that diverges in its last step before an evaluation is one, too`(
    adaptation: Adaptation
  ) throws {
    var run = TinyRun(.mlp, adaptation)
    run.training.backbone.learningRate = 1e30
    run.training.backbone.globalBatch = 4096
    var trainer = try run.trainer(data)
    let expected = TrainingError.validationNotFinite(
      phase: .backbone, expert: nil, epoch: 1, step: 1)
    #expect(throws: expected) { try trainer.train { _ in } }
  }
}
