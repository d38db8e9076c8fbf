import Models
import Testing
import Training

@Suite struct SizeTests {
  private let data: TinyData

  init() throws { data = try TinyData() }

  @Test(arguments: [1, 2, 3, 7], [BackboneKind.mlp, .wdl])
  func `a training fits if the memory holds all ranks of the machine`(
    ranks: Int, backbone: BackboneKind
  ) throws {
    let run = TinyRun(backbone)
    let schema = data.dataset.schema
    // A pass has the rows of an evaluation's block, more than a shard of 48 / 4 rows.
    let model = Model(run.model, schema: schema, capacity: Scorer.blockRows)
    let parameters = model.layout.count
    let (value, best, moments, tableGradients) = (1, 1, 2, 1)
    let ownRows = (48 + ranks - 1) / ranks
    let rowGradients = ownRows * (schema.fields.count * run.model.embeddingWidth + 1)
    let floats =
      (value + best + moments) * parameters + tableGradients * model.ranges.tables.count
      + model.activationCount + rowGradients
    func check(memoryInBytes: Int) throws(TrainingError) {
      try Trainer.checkSize(
        run.model, run.training, schema: schema, memoryInBytes: memoryInBytes, ranks: ranks)
    }
    try check(memoryInBytes: 4 * floats * ranks)
    let error = #expect(throws: TrainingError.self) {
      try check(memoryInBytes: 4 * floats * ranks - 1)
    }
    #expect(error?.isBadInput == true)
    #expect(error?.description.contains("on each of \(ranks) ranks") == (ranks > 1))
  }

  @Test(arguments: [
    (BackboneKind.sharedBottom, [] as [String]), (.mmoe, ["model.experts"]),
    (.ple, ["model.experts", "model.domainExperts"]), (.star, []),
  ])
  func `the keys that make a network large are named`(
    backbone: BackboneKind, experts: [String]
  ) throws {
    var run = TinyRun(backbone, .none)
    run.model.hidden = [65536, 65536, 65536]
    let error = #expect(throws: TrainingError.self) { _ = try run.trainer(data) }
    guard case .modelTooLarge(let keys, _, let found) = error else {
      Issue.record("\(error.map { "\($0)" } ?? "no error")")
      return
    }
    #expect(keys == experts + ["model.hidden", "model.embeddingWidth"])
    #expect(found.hasSuffix("most of them in the network"))
  }

  @Test func `too many parameters are refused whoever makes a trainer`() throws {
    var run = TinyRun(.wdl, .none)
    run.model.hidden = [65536, 65536]
    let error = #expect(throws: TrainingError.self) { _ = try run.trainer(data) }
    guard case .modelTooLarge(keys: ["model.hidden", "model.embeddingWidth"], _, _) = error else {
      Issue.record("\(error.map { "\($0)" } ?? "no error")")
      return
    }
  }
}
