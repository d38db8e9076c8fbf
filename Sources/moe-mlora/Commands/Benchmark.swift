public import ArgumentParser
internal import Datasets
internal import Experiments
internal import Kernels
internal import MPI
public import Training

extension TrainingPhase: ExpressibleByArgument {}

/// `moe-mlora benchmark`.
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the training steps of a phase, without evaluations.",
    discussion: """
      Trains one epoch that does not count, then as many as --epochs says, and prints the median, \
      smallest and largest number of rows trained per second, and the peak memory of a rank. To be \
      compared with another program in the same run: machines differ from minute to minute. Beside \
      it stands the share of the rows that matrix products alone would allow: the operations a row \
      takes at least, at the rate of a product measured between the epochs.

        moe-mlora benchmark --dataset data/gender --phase backbone --json
      """)

  @Option(help: ArgumentHelp("A prepared dataset.", valueName: "dir"), transform: nonemptyPath)
  var dataset: String

  @Option(help: "The phase: backbone, experts (the first one) or gate.")
  var phase = TrainingPhase.backbone

  @Option(
    parsing: .unconditional, help: "The number of epochs measured. (default: 5)",
    transform: wholeNumber)
  var epochs = 5

  @Option(
    parsing: .unconditional, help: "The steps of an epoch that are taken; all by default.",
    transform: wholeNumber)
  var steps: Int?

  @Flag(help: "Print one line of JSON.")
  var json = false

  @OptionGroup var source: ConfigurationOptions

  mutating func validate() throws {
    guard epochs > 0 else {
      throw ValidationError("--epochs: expected a number above 0, found \(epochs)")
    }
    if let steps, steps < 1 {
      throw ValidationError("--steps: expected a number above 0, found \(steps)")
    }
  }

  mutating func run() throws {
    useOneThread()
    let configuration = try source.configuration()
    guard Trainer.phases(of: configuration.model.adaptation).contains(phase) else {
      throw UsageError(
        "--phase: expected a phase of model.adaptation=\(configuration.model.adaptation.rawValue), "
          + "found \(phase.rawValue)")
    }
    // A stage of compat is trained by all ranks.
    guard
      phase != .experts || configuration.model.adaptation == .compat
        || Runtime.announcedSize == 1
    else {
      throw UsageError(
        "--phase: expected one rank, which trains an expert by itself, found experts on "
          + "\(Runtime.announcedSize) ranks")
    }
    let dataset = try Dataset(directory: dataset)
    try Trainer.checkRanks(Runtime.announcedSize, configuration.training)
    // Nothing is written here.
    try Trainer.checkSize(
      configuration.model, configuration.training.withoutCheckpoints, schema: dataset.schema,
      rows: dataset.rows(of: .train).count,
      memory: Processor.memory(processes: Runtime.announcedRanksOnNode),
      ranks: (Runtime.announcedRanksOnNode, Runtime.announcedSize))
    let identity = try RankIdentity.ofThisProcess()
    let (phase, epochs, steps, json) = (phase, epochs, steps, json)
    let command = [
      "benchmark", "--phase \(phase.rawValue)", "--epochs \(epochs)",
      "--steps \(steps.map { "\($0)" } ?? "not given")",
    ]
    let limit = configuration.training.stallTimeoutInSeconds
    Job.run(command, stallTimeoutInSeconds: limit) { world in
      var benchmark = try PhaseBenchmark(
        phase, of: configuration.model, training: configuration.training,
        seed: configuration.seed, dataset: dataset, world: world, identity: identity)
      _ = try benchmark.runEpoch(steps: steps)
      var rates: [Double] = []
      var productRates = [measureProductRate()]
      for _ in 0..<epochs {
        rates.append(try benchmark.runEpoch(steps: steps))
        productRates.append(measureProductRate())
      }
      let report = BenchmarkReport(
        phase: phase.rawValue, ranks: world.size, rates: rates,
        operationsPerRow: benchmark.operationsPerRow,
        productRate: productRates.sorted()[productRates.count / 2])
      try Console.standard.print(json ? report.json() : report.text)
    }
  }
}
