import Datasets
import TestSupport
import Testing

/// The package's promise, end to end: the same bytes for any number of ranks.
@Suite(.serialized) struct RankInvarianceTests {
  private let folder: ScratchFolder
  private let dataset: String

  /// Four domains, the last with fewer training rows than a shard of a full batch has; the last
  /// batch of an epoch has fewer rows than there are shards.
  init() throws {
    folder = try ScratchFolder()
    dataset = "\(folder.path)/data"
    var configuration = SyntheticConfiguration()
    configuration.domains = 4
    configuration.samples = 487
    configuration.domainSizes = [240, 150, 85, 12]
    configuration.domainCTRs = [0.3, 0.4, 0.5, 0.5]
    // Blocks of 64 table rows for every rank, and more rows than a rank has of a batch: no small tables.
    configuration.users = 300
    configuration.items = 230
    try SyntheticData(configuration).contents().write(to: dataset)
  }

  @Test func `the data has the ragged ends that the tests are about`() throws {
    let rows = try Dataset(directory: dataset).rows(of: .train)
    #expect((1..<8).contains(rows.count % 96))
    #expect((1..<12).contains(rows.samples(ofDomain: 3).count))
    #expect((0..<4).contains { (1..<8).contains(rows.samples(ofDomain: $0).count % 96) })
  }

  @Test(arguments: Combination.all + Combination.others)
  func `one to four ranks leave the bytes of the program started alone`(
    combination: Combination
  ) throws {
    try expectInvariance(combination, ranks: [1, 2, 3, 4])
  }

  @Test(arguments: Combination.onManyRanks)
  func `so do two to eight, with three backbones in every way`(combination: Combination) throws {
    try expectInvariance(combination, ranks: [2, 3, 4, 5, 7, 8])
  }

  @Test(arguments: Combination.onManyRanks)
  func `sharded tables on any number of ranks leave the bytes of replicated ones`(
    combination: Combination
  ) throws {
    var sharded = combination
    sharded.tables = "sharded"
    let replicated = try TrainedRun(combination.settings, dataset: dataset, ranks: nil)
    for ranks in [nil, 2, 3, 4, 5, 7, 8] {
      let run = try TrainedRun(sharded.settings, dataset: dataset, ranks: ranks)
      #expect(
        run.differences(from: replicated) == ["config.yaml"], "\(ranks ?? 1) ranks")
    }
  }

  @Test func `gradients so long that ranks halve them change nothing`() throws {
    var combination = Combination(backbone: "wdl", adaptation: "mlora", batching: "mixed")
    // 12 · 256 + 256 · 128 floats and more, of which 32,768 are halved.
    combination.hidden = "[256, 128]"
    try expectInvariance(combination, ranks: [2, 3, 4, 8])
  }

  @Test func `experts beyond the ranks, and ranks beyond the experts, change nothing`() throws {
    var combination = Combination(backbone: "wdl", adaptation: "moe", batching: "mixed")
    combination.experts = "7"
    try expectInvariance(combination, ranks: [2, 5])
    // Groups of ranks train an expert together, one of them on fewer rows than a shard has.
    combination.experts = "perDomain"
    try expectInvariance(combination, ranks: [5, 6, 8])
    combination.experts = "1"
    try expectInvariance(combination, ranks: [3, 8])
  }

  @Test func `ten equal domains on three ranks leave the bytes of one`() throws {
    var configuration = SyntheticConfiguration()
    configuration.domains = 10
    configuration.samples = 600
    configuration.domainSizes = [Double](repeating: 1, count: 10)
    configuration.domainCTRs = [Double](repeating: 0.4, count: 10)
    // Blocks of 64 table rows for every rank, and more rows than a rank has of a batch: no small tables.
    configuration.users = 300
    configuration.items = 230
    let dataset = "\(folder.path)/equal"
    try SyntheticData(configuration).contents().write(to: dataset)
    try expectInvariance(
      Combination(backbone: "mlp", adaptation: "moe", batching: "perDomain"), ranks: [3],
      dataset: dataset)
  }

  private func expectInvariance(
    _ combination: Combination, ranks: [Int], dataset: String? = nil
  ) throws {
    let dataset = dataset ?? self.dataset
    let alone = try TrainedRun(combination.settings, dataset: dataset, ranks: nil)
    #expect(!alone.metrics.isEmpty)
    for ranks in ranks {
      let run = try TrainedRun(combination.settings, dataset: dataset, ranks: ranks)
      #expect(run.differences(from: alone) == [], "\(ranks) ranks")
    }
  }

  @Test func `another seed leaves other bytes`() throws {
    let settings = Combination.all[0].settings
    let first = try TrainedRun(settings, dataset: dataset, ranks: nil)
    let second = try TrainedRun(settings + ["seed=9"], dataset: dataset, ranks: nil)
    #expect(
      second.differences(from: first)
        == [
          "results.json", "metrics.jsonl", "config.yaml", "final.safetensors", "parametersSHA256",
        ]
    )
  }
}
