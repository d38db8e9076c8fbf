import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct PlanCommandTests {
  private let workplace: Workplace
  private let plan: [String]

  init() throws {
    workplace = try Workplace()
    plan =
      ["plan", "--dataset", try workplace.makeDataset(), "--steps", "5"]
      + Workplace.quickSettings.flatMap { ["--set", $0] }
  }

  private struct Report: Decodable {
    struct Network: Decodable { let latency, overhead, bandwidth: Double }
    struct Prediction: Decodable {
      let ranks, ranksPerStep, memoryInBytes, bytesPerStep, bytesPerEpoch: Int
      let stepSeconds, messageSeconds, epochSeconds, efficiency: Double
    }
    struct Phase: Decodable {
      let phase: String
      let predictions: [Prediction]
      let measuredStepSeconds: Double?
      let measuredRanks: [Int]?
      let error: Double?
    }
    let network: Network
    let phases: [Phase]
  }

  private func report(_ options: [String], ranks: Int? = nil) throws -> Report {
    let run = try MPIRun.start(plan + ["--json"] + options, ranks: ranks)
    try #require(run.exitCode == 0 && run.errorOutput.isEmpty, "\(run.report)")
    return try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
  }

  @Test func `every phase is planned for powers of two of ranks`() throws {
    let report = try report(["--latency", "0.001", "--overhead", "0", "--bandwidth", "1e6"])
    #expect(report.phases.map(\.phase) == ["backbone", "experts", "gate"])
    #expect(report.network.latency == 0.001 && report.network.bandwidth == 1e6)
    for phase in report.phases {
      #expect(phase.predictions.map(\.ranks) == [1, 2, 4])
      let alone = phase.predictions[0]
      #expect(alone.efficiency == 1 && alone.messageSeconds == 0 && alone.bytesPerStep == 0)
      #expect(alone.stepSeconds > 0 && alone.epochSeconds >= alone.stepSeconds)
      #expect(phase.measuredStepSeconds == nil && phase.measuredRanks == nil)
    }
    // Two domains: two ranks train an expert each, four in groups of two.
    #expect(report.phases[1].predictions.map(\.ranksPerStep) == [1, 1, 2])
    let gate = report.phases[2].predictions[1]
    #expect(gate.messageSeconds >= 0.001)
  }

  @Test func `larger data has more steps and larger tables`() throws {
    let own = try report(["--ranks", "3"]).phases[0].predictions
    let larger = try report([
      "--ranks", "3", "--rows", "1000000", "--cardinality", "uid=5000",
    ]).phases[0].predictions
    #expect(own.map(\.ranks) == [3] && larger.map(\.ranks) == [3])
    // The users' table is no longer small: its rows are sent as lists.
    #expect(larger[0].bytesPerStep > own[0].bytesPerStep)
    #expect(larger[0].bytesPerEpoch > 1000 * own[0].bytesPerEpoch)
    // Four widths, 5000 users, and of each float the value, the best, two moments and the gradient, beside copies.
    #expect(larger[0].memoryInBytes > own[0].memoryInBytes + 4 * 4 * 4900 * 5)
  }

  @Test func `as many rows as there can be are planned`() throws {
    let report = try report(["--rows", "\(Int32.max)", "--cardinality", "uid=1000000"])
    #expect(report.phases.allSatisfy { $0.predictions.allSatisfy { $0.bytesPerEpoch >= 0 } })
  }

  @Test(arguments: [(600, 9), (0, 5)])
  func `sharded tables take a part of the memory on each rank`(
    everySeconds: Int, copies: Int
  ) throws {
    let settings = [
      "--cardinality", "uid=1000000", "--set", "training.tables=sharded",
      "--set", "training.checkpoint.everySeconds=\(everySeconds)",
    ]
    let predictions = try report(settings).phases[0].predictions
    #expect(predictions.map(\.ranks) == [1, 2, 4])
    // Embeddings of four and a wide weight; five copies in training, four for checkpoints.
    let tables = 4 * (4 + 1) * 1_000_000 * copies
    for (prediction, ranks) in zip(predictions, [1, 2, 4]) {
      let share = Double(prediction.memoryInBytes) / Double(tables / ranks)
      #expect((1..<1.05).contains(share), "\(ranks) ranks")
    }
  }

  @Test(arguments: [2, 3], ["replicated", "sharded"])
  func `a check measures messages and steps of the ranks it runs on`(
    ranks: Int, tables: String
  ) throws {
    let report = try report(["--check", "--set", "training.tables=\(tables)"], ranks: ranks)
    #expect(report.network.latency > 0 && report.network.bandwidth > 0)
    for phase in report.phases {
      #expect(phase.predictions.map(\.ranks) == [ranks])
      let (predicted, measured) = (
        phase.predictions[0].stepSeconds, try #require(phase.measuredStepSeconds)
      )
      #expect(measured > 0)
      #expect(phase.error == (predicted - measured) / measured)
      #expect(phase.measuredRanks?.count == phase.predictions[0].ranksPerStep)
    }
    // Two experts: of two ranks each has one, of three the first two share the larger one.
    #expect(
      report.phases.map(\.measuredRanks) == [
        Array(0..<ranks), ranks == 2 ? [0] : [0, 1], Array(0..<ranks),
      ])
  }

  @Test func `without --json there are tables`() throws {
    let run = try MPIRun.start(plan)
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(run.output.hasPrefix("network: latency 20.0 us, overhead 2.0 us, 1250 MB/s\n"))
    #expect(run.output.contains(#/\nexperts +4 +2 /#), "\(run.report)")
  }

  @Test(arguments: [
    (
      ["--ranks", "1,8"],
      "--ranks: expected at most training.shards = 4, found 8; raise "
        + "training.shards (which changes results)"
    ),
    (
      ["--cardinality", "uid=30", "--cardinality", "uid=40"],
      "--cardinality: expected uid once, found it again in uid=40"
    ),
    (["--check"], "--check: expected two ranks or more under mpirun, found one"),
    (
      ["--cardinality", "uid=1"],
      "--cardinality: expected uid=20 or pid=15 or more, up to 2147483647, found uid=1"
    ),
    (
      ["--set", "model.adaptation=compat"],
      "model.adaptation: expected none, mlora or moe, found compat"
    ),
    (
      ["--set", "training.reduction=fast"],
      "training.reduction: expected invariant, found fast"
    ),
  ])
  func `what cannot be planned is refused`(options: [String], message: String) throws {
    try expectRefusal(of: plan + options, message, in: workplace)
  }

  @Test(arguments: [
    ["--ranks", "1,,2"], ["--ranks", "0"], ["--steps", "0"], ["--latency", "-1"],
    ["--ranks", "-1"], ["--overhead", "1e308"], ["--bandwidth", "1e-320"],
    ["--bandwidth", "0"], ["--rows", "0"], ["--rows", "9223372036854775807"],
    ["--steps", "9223372036854775807"], ["--cardinality", "uid=9223372036854775807"],
  ])
  func `numbers that mean nothing are refused`(options: [String]) throws {
    let run = try MPIRun.start(plan + options)
    #expect(run.isRefusal, "\(run.report)")
  }
}
