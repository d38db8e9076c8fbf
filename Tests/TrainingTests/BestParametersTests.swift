import Datasets
import Evaluation
import Kernels
import MPI
import Models
import Testing
import Training

@Suite struct BestParametersTests {
  private let data: TinyData

  init() throws { data = try TinyData() }

  /// A run whose phases end at the first evaluation that brings no new best, so that the parameters
  /// trained last are never the best: an AUC has too few values to rise in every epoch.
  private func run(_ backbone: BackboneKind, _ adaptation: Adaptation = .moe) -> TinyRun {
    var run = TinyRun(backbone, adaptation)
    for phase in TrainingPhase.allCases {
      run.training[phase].maximumEpochs = 1_000_000
      run.training[phase].learningRate = 0.05
      run.training[phase].evaluationsPerEpoch = 2
      run.training[phase].patience = 1
    }
    return run
  }

  /// The table of the best evaluation, which is not the last one.
  private func best(_ records: [EvaluationRecord]) throws -> EvaluationTable {
    let last = try #require(records.last)
    let bests = records.filter(\.isBest)
    let best = try #require(bests.last)
    #expect(!last.isBest)
    // Steps change predictions, whether or not they change their order.
    #expect(last.validation.logLoss != best.validation.logLoss)
    return best.validation
  }

  @Test(arguments: TinyRun.backbones, [Adaptation.none, .mlora])
  func `the parameters after a phase are those of its best evaluation`(
    backbone: BackboneKind, adaptation: Adaptation
  ) throws {
    let finished = try Finished(run(backbone, adaptation), data)
    #expect(try finished.results.map(\.validation) == [best(finished.records)])
  }

  // At this learning rate the tower of DCN, whose cross layers carry the signal, may die: its experts
  // then change no prediction.
  @Test(arguments: [BackboneKind.mlp, .wdl])
  func `so are the parameters after each phase of moe, expert by expert`(
    backbone: BackboneKind
  ) throws {
    let finished = try Finished(run(backbone), data)
    let results = Dictionary(uniqueKeysWithValues: finished.results.map { ($0.phase, $0) })
    for phase in [TrainingPhase.backbone, .gate] {
      let best = try best(finished.records.filter { $0.phase == phase })
      #expect(results[phase]?.validation == best)
    }
    for expert in finished.model.ranges.adapters.indices {
      let best = try best(finished.records.filter { $0.expert == expert })
      #expect(results[.experts].map { [$0.validation.domains[expert]] } == best.domains)
    }
  }

  @Test(arguments: TinyRun.backbones)
  func `a domain with several experts is served by the best of them, one without by the backbone`(
    backbone: BackboneKind
  ) throws {
    var run = run(backbone).ending(with: .experts)
    run.model.experts = 5
    let many = try Finished(run, data)
    run.model.experts = 2
    let few = try Finished(run, data)
    for domain in 0..<3 {
      let figures = many.records.filter { $0.expert.map { $0 % 3 } == domain }
        .compactMap(\.validation.meanAUC)
      #expect(many.results[1].validation.domains[domain].auc == figures.max())
    }
    #expect(few.results[1].validation.domains[2] == few.results[0].validation.domains[2])
  }

  @Test(arguments: TinyRun.backbones)
  func `experts and gate never leave a figure worse than they found it`(
    backbone: BackboneKind
  ) throws {
    let data = try TinyData.contradictory([300, 300, 300])
    var run = run(backbone)
    run.training.backbone.maximumEpochs = 0
    run.training.experts.maximumEpochs = 40
    run.training.experts.patience = 1000
    let finished = try Finished(run, data)
    let (base, experts) = (finished.results[0].validation, finished.results[1].validation)
    for (before, after) in zip(base.domains, experts.domains) {
      let figures = finished.records.filter { $0.expert == before.domain }
        .compactMap(\.validation.meanAUC)
      #expect(figures.first == before.auc)
      #expect(try #require(figures.last) < figures[0])
      #expect(try #require(after.auc) >= figures[0])
    }
    let gate = finished.records.filter { $0.phase == .gate }.compactMap(\.validation.meanAUC)
    #expect(try #require(finished.results[2].validation.meanAUC) >= gate[0])
  }

  @Test(arguments: TinyRun.backbones)
  func `an untrained expert serves as the backbone does`(backbone: BackboneKind) throws {
    let finished = try Finished(run(backbone).ending(with: .backbone), data)
    #expect(finished.results[1].validation == finished.results[0].validation)
    #expect(finished.results[1].test == finished.results[0].test)
  }

  @Test func `a record is the best exactly if it is above all before it`() throws {
    let finished = try Finished(run(.wdl, .none), data)
    var best = -1.0
    for record in finished.records {
      let figure = try #require(record.validation.meanAUC)
      #expect(record.isBest == (figure > best))
      best = max(best, figure)
    }
    #expect(Set(finished.records.map(\.isBest)).count == 2)
  }
}
