import Kernels
import Models
import Reference
import Testing
import Training

/// What the published code trains, `compat`.
@Suite struct PublishedTrainerTests {
  private let data: TinyData

  init() throws { data = try TinyData() }

  private func run() -> TinyRun {
    var run = TinyRun(.wdl, .compat)
    run.training.backbone.maximumEpochs = 6
    run.training.backbone.patience = 2
    return run
  }

  @Test func `everything but the gate is trained`() throws {
    let finished = try Finished(run(), data)
    let initial = finished.model.initialParameters(seed: run().seed)
    let ranges = finished.model.ranges
    #expect(Array(finished.parameters[ranges.gate]) == initial.bits(ranges.gate))
    for range in ranges.adapters + [ranges.dense, ranges.tables] {
      #expect(Array(finished.parameters[range]) != initial.bits(range))
    }
  }

  @Test func `the best figure survives from stage to stage`() throws {
    let finished = try Finished(run(), data)
    var best = -Double.infinity
    for record in finished.records {
      let figure = try #require(record.validation.meanAUC)
      #expect(record.isBest == (figure > best))
      #expect(record.validation.domains.count == 3)
      best = max(best, figure)
    }
    let stages = finished.records.map { "\($0.phase) \($0.expert ?? -1)" }
    #expect(
      Set(stages) == ["backbone -1", "experts 0", "experts 1", "experts 2", "gate -1"])
  }

  @Test func `a stage ends when its own patience does`() throws {
    let finished = try Finished(run(), data)
    for phase in [TrainingPhase.backbone, .gate] {
      let flags = finished.records.filter { $0.phase == phase }.map(\.isBest)
      #expect(flags.count == 6 || flags.suffix(2) == [false, false])
    }
    #expect(finished.results.map(\.phase) == TrainingPhase.allCases)
  }

  @Test func `dropout never acts`() throws {
    var other = run()
    other.model.dropout = 0.9
    let (first, second) = (try Finished(run(), data), try Finished(other, data))
    #expect(first.parameters == second.parameters)
  }

  @Test func `DeepFM is built under the name of xDeepFM`() {
    func names(_ backbone: BackboneKind, _ adaptation: Adaptation) -> [String] {
      Model(
        TinyRun(backbone, adaptation).model, schema: data.dataset.schema, capacity: 1
      ).layout.entries.map(\.name)
    }
    #expect(names(.xdeepfm, .compat) == names(.deepfm, .compat))
    #expect(names(.xdeepfm, .moe) != names(.deepfm, .moe))
  }
}
