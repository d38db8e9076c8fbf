import Datasets
import Evaluation
import Kernels
import MPI
import Models
import Reference
import Testing
import Training

/// What the published code trains, `compat`.
@Suite struct PublishedStagesTests {
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

  @Test func `stages without an epoch leave the initial parameters`() throws {
    var run = run()
    run.training.backbone.maximumEpochs = 0
    let finished = try Finished(run, data)
    let initial = finished.model.initialParameters(seed: run.seed)
    let all = 0..<finished.model.ranges.tables.upperBound
    #expect(Array(finished.parameters[all]) == initial.bits(all))
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

  /// Every evaluation against the published loop, taken step by step.
  @Test func `stages share moments and the best, return to it, and hand on what failed`() throws {
    // All domains together learn the contrary of what is right; one alone may undo that for others.
    let data = try TinyData.contradictory([300, 200, 100])
    let finished = try Finished(run(), data)
    var replay = try PublishedReplay(run(), data)
    var records = finished.records[...]
    var flags: [String] = []
    for (phase, expert) in [
      (TrainingPhase.backbone, nil as Int?), (.experts, 0), (.experts, 1), (.experts, 2),
      (.gate, nil),
    ] {
      var own = ""
      var step = 0
      while own.count < 6 && !own.hasSuffix("FF") {
        if own.hasSuffix("F") { replay.returnToBest() }
        step += try replay.train(phase, expert, epoch: own.count + 1)
        let isBest = try replay.evaluate()
        own += isBest ? "T" : "F"
        let record = try #require(records.first)
        records.removeFirst()
        #expect((record.phase, record.expert, record.epoch) == (phase, expert, own.count))
        #expect(record.isBest == isBest && record.step == step, "\(phase) \(own)")
        #expect(try record.validation == replay.validation(.thresholds), "\(phase) \(own)")
      }
      flags.append(own)
    }
    #expect(records.isEmpty)
    // Stages that begin with what failed, a failure that a return made good, and one of another stage.
    #expect(flags[0] == "TFF" && flags[1].hasPrefix("F"), "\(flags)")
    #expect(flags.dropFirst().contains { $0.contains("FT") }, "\(flags)")
    // What is left and reported is the best, by the exact area.
    replay.returnToBest()
    let isBest = finished.parameters == replay.bits
    #expect(isBest)
    let table = try replay.validation(.exact)
    #expect(finished.results.last?.validation == table)
    #expect(!finished.records.contains { $0.validation.meanAUC == table.meanAUC })
  }

  @Test(arguments: TrainingPhase.allCases)
  func `a benchmark measures stages, which train backbone and experts at once`(
    phase: TrainingPhase
  ) throws {
    let run = run()
    useOneThread()
    var benchmark = try PhaseBenchmark(
      phase, of: run.model, training: run.training, seed: run.seed, dataset: data.dataset,
      world: .alone, identity: RankIdentity(build: [], processor: []))
    let model = try run.trainer(data).model
    #expect(benchmark.operationsPerRow == 6 * model.multiplyAdds(.gated))
    #expect(try benchmark.runEpoch() > 0)
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
