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
    configuration.users = 40
    configuration.items = 30
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

  @Test(arguments: [
    Combination(backbone: "wdl", adaptation: "mlora", batching: "mixed"),
    Combination(backbone: "mlp", adaptation: "moe", batching: "perDomain", gate: "features"),
    Combination(backbone: "star", adaptation: "none", batching: "mixed"),
  ])
  func `so do five, seven and eight`(combination: Combination) throws {
    try expectInvariance(combination, ranks: [5, 7, 8])
  }

  private func expectInvariance(_ combination: Combination, ranks: [Int]) throws {
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
