internal import ArgumentParser
internal import Datasets
internal import Experiments
internal import Kernels
internal import MPI
internal import Training

/// `moe-mlora train`.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model through its phases, on one rank or many.",
    discussion: """
      On this machine with two ranks, and with other values than the defaults:

        mpirun -np 2 moe-mlora train --dataset data/gender --output runs/first
        moe-mlora train --dataset data/gender --output runs/mlp \\
          --set model.backbone=mlp

      The result is the same for any number of ranks. The run's directory gets config.yaml, \
      dataset.json, metrics.jsonl, results.json, the directories of checkpoints, checkpoints/final.safetensors \
      and run.lock, which is locked as long as the run is being trained.

      Before the first step all ranks compare output, build, instruction set, configuration and \
      dataset, and end with exit code 2 if one differs. Ranks that wait for others for training.stallTimeout \
      seconds say so and end the job with exit code 75: another attempt may succeed.

      While it trains, a run writes checkpoints (training.checkpoint.everySteps, everySeconds), and another one of \
      whatever has ended. A run that was interrupted goes on from them, on any number of ranks, and ends with \
      the result that it would have had:

        mpirun -np 3 moe-mlora train --resume runs/first

      SIGUSR1, SIGTERM or SIGINT to one of its ranks, or SIGUSR1 to mpirun, has all write a checkpoint after \
      the next step and end with exit code 0; a second signal ends a rank at once.

      The keys of a configuration, for --config and --set, with their defaults:

      \(ConfigurationReference.summary)

      A phase can have training keys of its own: training.experts.learningRate. Every key is \
      explained by moe-mlora configuration.
      """)

  @Option(
    help: ArgumentHelp(
      "A prepared dataset; with --resume, where the run's dataset now is.", valueName: "dir"),
    transform: nonemptyPath)
  var dataset: String?

  @Option(
    help: ArgumentHelp("A new directory for the run.", valueName: "run"), transform: nonemptyPath)
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A run that was interrupted, to go on with. Its configuration is kept, but for --set.",
      valueName: "run"), transform: nonemptyPath)
  var resume: String?

  @Option(
    name: .customLong("allow-config-change"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      With --resume: a key whose value may be another one than before, one of maximumEpochs and patience of \
      training or a phase, or build for another build or instruction set, which may give other bits; may be \
      repeated. Keys that no result depends on may always change.
      """, valueName: "key"))
  var allowedChanges: [String] = []

  @OptionGroup var source: ConfigurationOptions

  @Flag(
    help: """
      Replace a run that is in the directory, finished or not, when training begins; nothing else is \
      replaced, nor a run that is being trained.
      """)
  var overwrite = false

  @Flag(help: "Show no progress.")
  var quiet = false

  @Option(
    name: .customLong("step-times"),
    help: ArgumentHelp(
      """
      Write the seconds of each step of the first rank, with what is done between steps, to a file with commas: \
      phase, expert, epoch, step, seconds, checkpoint (1 where one was copied before the step). A file that is \
      there is replaced in the end, unless it is in the run or the dataset, which is refused. The first step of \
      a phase or an expert, and the first one after --resume, is left out; an evaluation is in the time of the \
      step behind it.
      """, valueName: "file"), transform: nonemptyPath)
  var stepTimes: String?

  func validate() throws {
    if resume != nil {
      if output != nil { throw ValidationError("--output and --resume: expected one of them") }
      if overwrite { throw ValidationError("--overwrite and --resume: expected one of them") }
      if source.path != nil { throw ValidationError("--config and --resume: expected one of them") }
      _ = try changedKeys()
      return
    }
    if !allowedChanges.isEmpty {
      throw ValidationError("--allow-config-change: expected --resume beside it, found none")
    }
    if dataset == nil && output == nil {
      throw ValidationError("expected --dataset and --output, or --resume, found none of them")
    }
    if dataset == nil { throw ValidationError("Missing expected argument '--dataset <dir>'") }
    if output == nil { throw ValidationError("Missing expected argument '--output <run>'") }
  }

  /// The keys whose values may change.
  private func changedKeys() throws -> Set<String> {
    try Set(
      allowedChanges.flatMap { name in
        guard let keys = ConfigurationKey.changedOnResume(by: name) else {
          throw ValidationError(
            "--allow-config-change: expected build, or a maximumEpochs or patience of training or a phase, found "
              + (name.isEmpty ? "nothing" : name))
        }
        return keys
      })
  }

  /// Tells what a run has come to that has nothing left to train, so that whoever resumes runs until they end may
  /// ask once too often.
  private func report(finished run: RunDirectory) throws {
    let results = try run.results()
    // What is not used is not to be nonsense; the file may be of a former version.
    if !source.overrides.isEmpty {
      _ = try RunConfiguration(path: run.configurationPath, overrides: source.overrides)
    }
    try Job.runOnFirstRank {
      let ignored =
        [
          ("--dataset", dataset != nil), ("--set", !source.overrides.isEmpty),
          ("--allow-config-change", !allowedChanges.isEmpty), ("--step-times", stepTimes != nil),
        ].filter(\.1).map(\.0).joined(separator: ", ")
      let note = ignored.isEmpty ? "" : ", and nothing to use \(ignored) for"
      Console.standard.note("\(run.path): has finished: nothing to resume\(note)\n")
      try Console.standard.print("\(run.path): parameters \(results.parametersSHA256)")
    }
  }

  mutating func run() throws {
    useOneThread()
    // Checked before MPI starts: mpirun adds nothing to what is found wrong before.
    let output = resume ?? output ?? ""
    let start: RunStart =
      resume == nil ? .new(overwrites: overwrite) : .resumed(changing: try changedKeys())
    let interrupted = try resume.map { path in try RunDirectory(existing: path) }
    if let interrupted, interrupted.isFinished { return try report(finished: interrupted) }
    let configuration = try configuration(resuming: interrupted)
    let directory = try dataset ?? interrupted?.dataset().directory ?? ""
    let dataset = try Dataset(directory: directory)
    try dataset.verify()
    try checkSize(configuration, of: dataset)
    let console = Console.standard
    let stepTimes = console.rank == 0 ? stepTimes : nil
    if console.rank == 0 {
      try TrainingRun.check(output, start, configuration, dataset)
      if let stepTimes {
        try TrainingRun.check(timesOfSteps: stepTimes, output, dataset: directory, configuration)
      }
    }
    let identity = try RankIdentity.ofThisProcess()
    let quiet = quiet
    let command =
      ["train", "\(start.isResumed ? "--resume" : "--output") \(output)"]
      + (overwrite ? ["--overwrite"] : [])
    let limit = configuration.training.stallTimeoutInSeconds
    Job.run(command, stallTimeoutInSeconds: limit, takesStopRequests: true) { world in
      let run = try TrainingRun(
        configuration, dataset: dataset, world: world, path: output, start: start,
        identity: identity)
      var report = TrainingReport(
        of: output, on: console, isQuiet: quiet, notesTimes: stepTimes != nil)
      let results = try run.train { report.note($0) }
      try report.end(results)
      if let stepTimes { try report.write(timesOfSteps: stepTimes) }
    }
  }

  /// The configuration of a new run, or of the one that is gone on with.
  private func configuration(resuming run: RunDirectory?) throws -> RunConfiguration {
    guard let run else {
      var configuration = try source.configuration()
      // It is looked for there, wherever a command that resumes the run is started.
      configuration.makeCheckpointDirectoryAbsolute()
      return configuration
    }
    let configuration = try RunConfiguration(
      path: run.configurationPath, overrides: source.overrides)
    try run.checkPlace(ofCheckpoints: configuration)
    return configuration
  }

  /// Throws if the ranks are not of a number that fits the configuration, or have too little memory.
  private func checkSize(_ configuration: RunConfiguration, of dataset: Dataset) throws {
    try Trainer.checkRanks(Runtime.announcedSize, configuration.training)
    try Trainer.checkSize(
      configuration.model, configuration.training, schema: dataset.schema,
      rows: dataset.rows(of: .train).count,
      memory: Processor.memory(processes: Runtime.announcedRanksOnNode),
      ranks: (Runtime.announcedRanksOnNode, Runtime.announcedSize))
  }
}
