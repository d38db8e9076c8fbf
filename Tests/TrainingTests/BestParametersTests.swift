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

  /// Runs long and fast enough that the last figures are not the best.
  private func run(_ backbone: BackboneKind, _ adaptation: Adaptation = .moe) -> TinyRun {
    var run = TinyRun(backbone, adaptation)
    for phase in TrainingPhase.allCases {
      run.training[phase].maximumEpochs = 12
      run.training[phase].learningRate = 0.05
      run.training[phase].evaluationsPerEpoch = 2
    }
    return run
  }

  @Test(arguments: BackboneKind.allCases, [Adaptation.none, .mlora])
  func `the parameters after a phase have its best figure`(
    backbone: BackboneKind, adaptation: Adaptation
  ) throws {
    let finished = try Finished(run(backbone, adaptation), data)
    let figures = finished.records.compactMap(\.validation.meanAUC)
    #expect(finished.results.map(\.validation.meanAUC) == [figures.max()])
    #expect(figures.last != figures.max())
  }

  @Test(arguments: BackboneKind.allCases)
  func `so do the parameters after each phase of moe, expert by expert`(
    backbone: BackboneKind
  ) throws {
    let finished = try Finished(run(backbone), data)
    let results = Dictionary(uniqueKeysWithValues: finished.results.map { ($0.phase, $0) })
    for phase in [TrainingPhase.backbone, .gate] {
      let figures = finished.records.filter { $0.phase == phase }.compactMap(
        \.validation.meanAUC)
      #expect(results[phase]?.validation.meanAUC == figures.max())
    }
    var endsBelowItsBest = false
    for expert in finished.model.ranges.adapters.indices {
      let figures = finished.records.filter { $0.expert == expert }
        .compactMap(\.validation.meanAUC)
      #expect(results[.experts]?.validation.domains[expert].auc == figures.max())
      endsBelowItsBest = endsBelowItsBest || figures.last != figures.max()
    }
    #expect(endsBelowItsBest)
  }

  @Test(arguments: BackboneKind.allCases)
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

  @Test(arguments: BackboneKind.allCases)
  func `experts and gate never leave a figure worse than they found it`(
    backbone: BackboneKind
  ) throws {
    var run = run(backbone)
    // Steps as large as these make everything worse.
    run.training.experts.learningRate = 3
    run.training.gate.learningRate = 3
    let finished = try Finished(run, data)
    let (base, experts) = (finished.results[0].validation, finished.results[1].validation)
    for (before, after) in zip(base.domains, experts.domains) {
      #expect(try #require(after.auc) >= #require(before.auc))
      let figures = finished.records.filter { $0.expert == before.domain }
        .compactMap(\.validation.meanAUC)
      #expect(figures.first == before.auc)
      #expect(try #require(figures.min()) < figures[0])
    }
    let gate = finished.records.filter { $0.phase == .gate }.compactMap(\.validation.meanAUC)
    #expect(try #require(finished.results[2].validation.meanAUC) >= gate[0])
  }

  @Test(arguments: BackboneKind.allCases)
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
