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
      metrics.jsonl, results.json, checkpoints/final.safetensors and run.lock, which is locked as \
      long as the run is being trained.

      Before the first step all ranks compare output, build, instruction set, configuration and \
      dataset, and end with exit code 2 if one differs. Ranks that wait for others for training.stallTimeout \
      seconds say so and end the job with exit code 75: another attempt may succeed.

      The keys of a configuration, for --config and --set, with their defaults:

      \(ConfigurationReference.summary)

      A phase can have training keys of its own: training.experts.learningRate. Every key is \
      explained by moe-mlora configuration.
      """)

  @Option(help: ArgumentHelp("A prepared dataset.", valueName: "dir"), transform: nonemptyPath)
  var dataset: String

  @Option(
    help: ArgumentHelp("A new directory for the run.", valueName: "run"), transform: nonemptyPath)
  var output: String

  @OptionGroup var source: ConfigurationOptions

  @Flag(
    help: """
      Replace a run that is in the directory, finished or not, when training begins; nothing else is \
      replaced, nor a run that is being trained.
      """)
  var overwrite = false

  @Flag(help: "Show no progress.")
  var quiet = false

  mutating func run() throws {
    useOneThread()
    // Checked before MPI starts: mpirun adds nothing to what is found wrong before.
    let configuration = try source.configuration()
    let dataset = try Dataset(directory: dataset)
    try dataset.verify()
    try Trainer.checkRanks(Runtime.announcedSize, configuration.training)
    try Trainer.checkSize(
      configuration.model, configuration.training, schema: dataset.schema,
      rows: dataset.rows(of: .train).count,
      memory: Processor.memory(processes: Runtime.announcedRanksOnNode),
      ranks: (Runtime.announcedRanksOnNode, Runtime.announcedSize))
    let console = Console.standard
    if console.rank == 0 { try RunDirectory.checkIsFree(output, overwrites: overwrite) }
    let identity = try RankIdentity.ofThisProcess()
    let (output, overwrite, quiet) = (output, overwrite, quiet)
    let command = ["train", "--output \(output)"] + (overwrite ? ["--overwrite"] : [])
    let limit = configuration.training.stallTimeoutInSeconds
    Job.run(command, stallTimeoutInSeconds: limit) { world in
      let run = try TrainingRun(
        configuration, dataset: dataset, world: world, path: output, overwrites: overwrite,
        identity: identity)
      var progress = ProgressReporter.standard(console, quiet: quiet)
      let results = try run.train { event in
        switch event {
        case .stepped(let moment): progress.report(moment)
        case .evaluated: break
        case .began(let assignment): progress.reportBeginning(of: assignment)
        case .ended(let assignment): progress.reportEnd(of: assignment)
        case .idled(let idle): progress.report(idle)
        case .memoryNotShared(let reason):
          progress.finish()
          console.note(
            "each rank keeps the tables for itself, which takes more time and memory; give /dev/shm room for "
              + "them: \(reason)\n")
        case .finished(let result):
          progress.finish()
          if !quiet { console.note(PhaseSummary.line(result) + "\n") }
        }
      }
      try console.print(PhaseSummary.table(results.phases))
      try console.print("\(output): parameters \(results.parametersSHA256)")
    }
  }
}
