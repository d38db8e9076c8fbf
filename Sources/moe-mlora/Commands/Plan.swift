internal import ArgumentParser
internal import Datasets
internal import Experiments
internal import Features
internal import Foundation
internal import Kernels
internal import MPI
internal import Training

/// `moe-mlora plan`.
struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predicts step time, efficiency, memory and bytes sent on numbers of ranks.",
    discussion: """
      Times steps and an evaluation of each phase on one rank, and adds what messages take on a \
      network of the given latency, overhead and bandwidth (LogGP): those that the engine sends for \
      each number of ranks. Ranks share the rows of a step; what every rank does, such as updating \
      dense parameters, does not get faster with more of them; updating tables does with more ranks \
      of a node, or of all nodes if training.tables is sharded. The default network is Ethernet of 10 Gbit/s.

      Measured are microseconds for a row of a step, for a step beside its rows, for updating all \
      tables in it, for scoring a validation row, and for the figures of one. Predicted are, for each \
      number of ranks, how many of them share a step (of experts, the largest group), its time and \
      that of its messages, an epoch with its evaluations, the time of one rank by that of all \
      together, what a rank allocates (what ranks of a node have once included: frozen and replicated \
      tables), and what all ranks send. Messages within a node are taken to be as slow as others.

        moe-mlora plan --dataset data/gender --ranks 1,2,4,8
        moe-mlora plan --dataset data/gender --rows 100000000 \\
          --cardinality uid=1000000 --latency 2e-6 --bandwidth 12e9

      There are at most training.shards ranks; more shards change results.

      With --check it is started on the ranks to be checked. It measures latency and bandwidth \
      between the first and the last, takes real steps, and prints their time beside the predicted. \
      Ranks that share cores wait for one another in ways that no prediction has:

        mpirun -np 2 moe-mlora plan --dataset data/gender --check
      """)

  @Option(help: ArgumentHelp("A prepared dataset.", valueName: "dir"), transform: nonemptyPath)
  var dataset: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Numbers of ranks, with commas; default: powers of two up to training.shards.",
      valueName: "list"),
    transform: Self.numbers)
  var ranks: [Int]?

  @Option(
    parsing: .unconditional,
    help:
      "How many ranks share a node, and the memory of tables; default: 1, with --check those that do.",
    transform: wholeNumber)
  var ranksPerNode: Int?

  @Option(
    parsing: .unconditional,
    help: "The seconds a message is on its way; default: 20e-6, with --check measured.",
    transform: number)
  var latency: Double?

  @Option(
    parsing: .unconditional,
    help: "The seconds sending or receiving keeps a rank busy; default: 2e-6, with --check 0.",
    transform: number)
  var overhead: Double?

  @Option(
    parsing: .unconditional,
    help: "The bytes a rank sends in a second; default: 1.25e9, with --check measured.",
    transform: number)
  var bandwidth: Double?

  @Option(
    parsing: .unconditional,
    help: "Plan for so many training rows, shared by domains as in the dataset.",
    transform: wholeNumber)
  var rows: Int?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Plan for a table of so many rows; may be repeated.", valueName: "field=number"))
  var cardinality: [String] = []

  @Option(
    parsing: .unconditional, help: "The number of steps that are timed. (default: 200)",
    transform: wholeNumber)
  var steps = 200

  @Flag(help: "Measure real messages and steps on two ranks or more, and compare.")
  var check = false

  @Flag(help: "Print one line of JSON.")
  var json = false

  @OptionGroup var source: ConfigurationOptions

  mutating func validate() throws {
    // Rows have 32-bit numbers.
    let limits = [
      ("--steps", steps, 1_000_000), ("--rows", rows ?? 1, Int(Int32.max)),
      ("--ranks-per-node", ranksPerNode ?? 1, 1_000_000),
    ]
    for (option, value, limit) in limits where !(1...limit).contains(value) {
      throw ValidationError("\(option): expected a number in 1...\(limit), found \(value)")
    }
    for (option, value) in [("--latency", latency), ("--overhead", overhead)] {
      guard let value, !(0...1000).contains(value) else { continue }
      throw ValidationError("\(option): expected seconds in 0...1000, found \(value)")
    }
    if let bandwidth, !(1...1e15).contains(bandwidth) {
      throw ValidationError(
        "--bandwidth: expected bytes per second in 1...1e15, found \(bandwidth)")
    }
  }

  mutating func run() throws {
    useOneThread()
    let configuration = try source.configuration()
    let dataset = try Dataset(directory: dataset)
    let schema = try schema(dataset.schema)
    let ranks = try checkedRanks(configuration)
    try Trainer.checkRanks(Runtime.announcedSize, configuration.training)
    // Nothing is written here.
    try Trainer.checkSize(
      configuration.model, configuration.training.withoutCheckpoints, schema: dataset.schema,
      rows: dataset.rows(of: .train).count,
      memory: Processor.memory(processes: Runtime.announcedRanksOnNode),
      // Two engines take turns as if there were one rank; that of a check shares its tables besides.
      ranks: (Runtime.announcedRanksOnNode, 1), trainings: 2)
    let identity = try RankIdentity.ofThisProcess()
    let plan = self
    Job.run(stallTimeoutInSeconds: configuration.training.stallTimeoutInSeconds) { world in
      let planner = try plan.planner(configuration, dataset, schema, identity, world)
      let cores = ProcessInfo.processInfo.processorCount
      if plan.check, !plan.json, Runtime.announcedRanksOnNode > cores {
        Console.standard.note(
          "\(Runtime.announcedRanksOnNode) ranks share \(cores) cores here: expect steps longer than "
            + "predicted\n")
      }
      let network = try plan.network(world)
      let ranksPerNode = try plan.ranksPerNode(planner)
      var report = PlanReport(network: network)
      for phase in Trainer.phases(of: configuration.model.adaptation) {
        let (cost, measured) = try planner.measure(
          phase, steps: plan.steps, together: plan.check)
        let predictions = planner.predictions(
          of: phase, ranks: ranks, cost: cost, network: network, ranksPerNode: ranksPerNode)
        report.add(phase, cost, predictions, measured: measured)
      }
      try Console.standard.print(plan.json ? report.json() : report.text)
    }
  }
}

// MARK: - Options

extension Plan {
  /// The numbers of a list, above zero.
  @Sendable private static func numbers(_ list: String) throws(ValidationError) -> [Int] {
    let numbers = list.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let valid = numbers.compactMap { $0 }.filter { $0 > 0 }
    guard valid.count == numbers.count else {
      throw ValidationError("expected numbers above 0 with commas between them, found \(list)")
    }
    return valid
  }

  /// The numbers of ranks to plan for: those asked for, or powers of two; to be checked, those that run.
  private func checkedRanks(_ configuration: RunConfiguration) throws(UsageError) -> [Int] {
    let shards = configuration.training.shards
    guard configuration.model.adaptation != .compat else {
      throw UsageError("model.adaptation: expected none, mlora or moe, found compat")
    }
    // Its messages are others than those that are planned.
    guard configuration.training.reduction == .invariant else {
      throw UsageError("training.reduction: expected invariant, found fast")
    }
    guard !check else { return try ranksToCheck() }
    let powers = (0..<Int.bitWidth - 1).lazy.map { 1 << $0 }.prefix { $0 <= shards }
    let ranks = ranks ?? Array(powers)
    guard let largest = ranks.max(), largest > shards else { return ranks }
    throw UsageError(
      "--ranks: expected at most training.shards = \(shards), found \(largest); raise "
        + "training.shards (which changes results)")
  }

  private func ranksToCheck() throws(UsageError) -> [Int] {
    let size = Runtime.announcedSize
    guard size > 1 else {
      throw UsageError("--check: expected two ranks or more under mpirun, found one")
    }
    let given = [
      ("--ranks", ranks != nil), ("--ranks-per-node", ranksPerNode != nil), ("--rows", rows != nil),
      ("--cardinality", !cardinality.isEmpty),
    ].filter(\.1).map(\.0)
    guard given.isEmpty else {
      throw UsageError(
        "--check: expected the dataset as it is on the ranks that run, found "
          + given.joined(separator: ", "))
    }
    return [size]
  }

  /// The dataset's fields, with tables of the sizes asked for.
  private func schema(_ own: Schema) throws(UsageError) -> Schema {
    var schema = own
    var given: Set<Substring> = []
    for text in cardinality {
      let parts = text.split(separator: "=", omittingEmptySubsequences: false)
      guard given.insert(parts[0]).inserted else {
        throw UsageError("--cardinality: expected \(parts[0]) once, found it again in \(text)")
      }
      let index = own.fields.firstIndex { $0.name == String(parts[0]) }
      guard parts.count == 2, let index, index != own.domainField, let count = Int(parts[1]),
        (own.fields[index].cardinality...Int(Int32.max)).contains(count)
      else {
        let fields = own.fields.indices.filter { $0 != own.domainField }
          .map { "\(own.fields[$0].name)=\(own.fields[$0].cardinality)" }
        throw UsageError(
          "--cardinality: expected \(fields.joined(separator: " or ")) or more, up to \(Int32.max), "
            + "found \(text)")
      }
      schema.fields[index].cardinality = count
    }
    return schema
  }

  private func planner(
    _ configuration: RunConfiguration, _ dataset: Dataset, _ schema: Schema,
    _ identity: RankIdentity, _ world: Communicator
  ) throws(TrainingError) -> TrainingPlanner {
    do throws(TrainingError) {
      return try TrainingPlanner(
        configuration.model, training: configuration.training, seed: configuration.seed,
        dataset: dataset, schema: schema, rows: rows, world: world, identity: identity)
    } catch .modelTooLarge(let keys, let expected, let found) where !cardinality.isEmpty {
      throw .modelTooLarge(keys: ["--cardinality"] + keys, expected: expected, found: found)
    }
  }

  /// How many ranks share a node: as said, or else as many as do.
  private func ranksPerNode(_ planner: TrainingPlanner) throws -> Int {
    guard check else { return ranksPerNode ?? 1 }
    return try planner.ranksOnNode()
  }

  /// What messages take: as said, or else as measured, or else on the default network.
  private func network(_ world: Communicator) throws -> NetworkModel {
    var network =
      check ? try NetworkModel.measured(between: world) : NetworkModel.tenGigabitEthernet
    if let latency { network.latencyInSeconds = latency }
    if let overhead { network.overheadInSeconds = overhead }
    if let bandwidth { network.bytesPerSecond = bandwidth }
    return network
  }
}
