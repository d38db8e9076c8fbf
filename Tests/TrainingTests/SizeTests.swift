import Models
import Testing
import Training

@Suite struct SizeTests {
  private let data: TinyData

  init() throws { data = try TinyData() }

  @Test(arguments: [1, 2, 3, 4], TablePlacement.allCases)
  func `a training fits if the memory holds what the ranks of the machine need`(
    ranks: Int, tables: TablePlacement
  ) throws {
    var run = TinyRun(.wdl, .none)
    run.training = run.training.withoutCheckpoints
    run.training.tables = tables
    func fits(_ memoryInBytes: Int) -> Bool {
      do throws(TrainingError) {
        try Trainer.checkSize(
          run.model, run.training, schema: data.dataset.schema, rows: rows,
          memory: (memoryInBytes, .max, .max), ranks: (ranks, ranks))
        return true
      } catch {
        #expect(error.isBadInput)
        #expect(error.description.contains("on each of \(ranks) ranks") == (ranks > 1))
        return false
      }
    }
    // The plan of the same training, from its rows, less those that it evaluates.
    let planner = try TrainingPlanner(
      run.model, training: run.training, seed: 1, dataset: data.dataset,
      schema: data.dataset.schema, rows: nil, world: .alone,
      identity: RankIdentity(build: [], processor: []))
    let cost = PhaseCost(
      secondsPerRow: 0, secondsPerStep: 0, secondsPerAddition: 0, secondsPerScoredRow: 0,
      secondsPerFigureRow: 0)
    let planned = try #require(
      planner.predictions(
        of: .backbone, ranks: [ranks], cost: cost, network: .tenGigabitEthernet,
        ranksPerNode: ranks
      ).first)
    // The ranks of the machine have replicated tables together.
    let model = Model(run.model, schema: data.dataset.schema, capacity: 1)
    let shared = tables == .replicated ? 4 * model.ranges.tables.count : 0
    let bytes =
      planned.memoryInBytes - shared + shared / ranks
      - 4 * data.dataset.rows(of: .validation).count
    #expect(fits(bytes) && !fits(bytes - 1))
  }

  @Test func `frozen tables count once for a machine, and for the addresses of each rank`() throws {
    var run = TinyRun(.wdl, .none)
    run.training.tables = .sharded
    run.training.shards = 16
    run.training = run.training.withoutCheckpoints
    var schema = data.dataset.schema
    schema.fields[0].cardinality = 2_000_000
    let tables = 4 * Model(run.model, schema: schema, capacity: 1).ranges.tables.count
    func fits(share: Double, addresses: Double, onMachine: Int) -> Bool {
      let memory = (Int(share * Double(tables)), Int(addresses * Double(tables)), Int.max)
      do throws(TrainingError) {
        try Trainer.checkSize(
          run.model, run.training, schema: schema, rows: rows, memory: memory,
          ranks: (onMachine, 16))
        return true
      } catch {
        #expect(error.description.hasPrefix("model.embeddingWidth: "))
        return false
      }
    }
    // In training a rank has five sixteenths of the tables; then one, and its part of all of them.
    #expect(fits(share: 1.2, addresses: 1.2, onMachine: 1))
    #expect(!fits(share: 0.9, addresses: 1.2, onMachine: 1))
    #expect(fits(share: 0.4, addresses: 1.2, onMachine: 4))
    #expect(!fits(share: 0.4, addresses: 0.9, onMachine: 4))
    #expect(!fits(share: 0.2, addresses: 1.2, onMachine: 4))
  }

  @Test func `ranks that have too little memory to share count all tables for themselves`() throws {
    var run = TinyRun(.wdl, .none)
    run.training = run.training.withoutCheckpoints
    var schema = data.dataset.schema
    schema.fields[0].cardinality = 2_000_000
    let tables = 4 * Model(run.model, schema: schema, capacity: 1).ranges.tables.count
    func fits(copies: Double, shared: Int) -> Bool {
      (try? Trainer.checkSize(
        run.model, run.training, schema: schema, rows: rows,
        memory: (Int(copies * Double(tables)), .max, shared), ranks: (4, 4))) != nil
    }
    // Four ranks share values, and each has a quarter of four more copies; or each has all five.
    #expect(fits(copies: 1.4, shared: tables) && !fits(copies: 1.2, shared: tables))
    #expect(fits(copies: 5.2, shared: tables - 1) && !fits(copies: 4.9, shared: tables - 1))
  }

  @Test func `copies for checkpoints are counted, and named`() throws {
    var run = TinyRun(.wdl, .none)
    run.training.tables = .sharded
    var schema = data.dataset.schema
    schema.fields[0].cardinality = 2_000_000
    let tables = 4 * Model(run.model, schema: schema, capacity: 1).ranges.tables.count
    func reason(_ training: TrainingConfiguration, copies: Double) -> String {
      do throws(TrainingError) {
        try Trainer.checkSize(
          run.model, training, schema: schema, rows: rows,
          memory: (Int(copies * Double(tables)), .max, .max), ranks: (1, 1))
        return ""
      } catch {
        return error.description
      }
    }
    // Five copies in training, and four more to be written.
    #expect(reason(run.training, copies: 9.1) == "")
    let written = "\(4 * tables / 1_000_000) MB of it for checkpoints"
    #expect(reason(run.training, copies: 4.9).hasPrefix("model.embeddingWidth: "))
    #expect(reason(run.training, copies: 4.9).hasSuffix("\(written) (training.checkpoint)"))
    // Without them it fits.
    #expect(reason(run.training, copies: 8.9).hasPrefix("training.checkpoint: "))
    #expect(
      reason(run.training, copies: 8.9)
        .hasSuffix("\(written), of which there are none with everySteps and everySeconds 0"))
    #expect(reason(run.training.withoutCheckpoints, copies: 5.1) == "")
    #expect(!reason(run.training.withoutCheckpoints, copies: 4.9).contains("checkpoint"))
  }

  @Test(arguments: [Adaptation.none, .compat])
  func `copies of replicated tables count once for a machine`(adaptation: Adaptation) throws {
    var run = TinyRun(.wdl, adaptation)
    var schema = data.dataset.schema
    schema.fields[0].cardinality = 2_000_000
    let tables = 4 * Model(run.model, schema: schema, capacity: 1).ranges.tables.count
    func fits(copies: Double, addresses: Double = 100, shared: Int) -> Bool {
      (try? Trainer.checkSize(
        run.model, run.training, schema: schema, rows: rows,
        memory: (Int(copies * Double(tables)), Int(addresses * Double(tables)), shared),
        ranks: (4, 4))) != nil
    }
    // Each of four ranks has all five copies, and one of them four more to be written.
    #expect(fits(copies: 6.1, shared: 0) && !fits(copies: 5.9, shared: 0))
    #expect(fits(copies: 7, addresses: 9.1, shared: 0))
    #expect(!fits(copies: 7, addresses: 8.9, shared: 0))
    guard adaptation == .none else { return }
    // Or they share one, and have four in training and four to be written among them.
    #expect(fits(copies: 2.3, shared: tables) && !fits(copies: 2.2, shared: tables))
    run.training = run.training.withoutCheckpoints
    #expect(fits(copies: 1.4, shared: tables))
  }

  @Test func `a batch of more rows than there are takes no more memory`() throws {
    var run = TinyRun(.wdl, .moe)
    for phase in TrainingPhase.allCases { run.training[phase].globalBatch = rows }
    let fitting = try run.trainer(data).model
    for phase in TrainingPhase.allCases { run.training[phase].globalBatch = 1 << 40 }
    let huge = try run.trainer(data).model
    #expect(huge.capacity == fitting.capacity)
  }

  private var rows: Int { data.dataset.rows(of: .train).count }

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
