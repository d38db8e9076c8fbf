public import ArgumentParser
public import Datasets
internal import Experiments
internal import Foundation
internal import Kernels
internal import MPI
internal import Training

extension Split: ExpressibleByArgument {}

/// `moe-mlora evaluate`.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluates a trained model on the rows of a split.",
    discussion: """
      Prints AUC, log-loss and calibration of every domain, and their averages. Several ranks share \
      the rows: they compare split, build, instruction set, parameters and dataset before, and end \
      with exit code 2 if one differs.

        moe-mlora evaluate runs/first --split test --json figures.json
      """)

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"), transform: nonemptyPath)
  var path: String

  @Option(
    help: ArgumentHelp(
      "A dataset with the same fields and domains; default: the one the run was trained on.",
      valueName: "dir"),
    transform: nonemptyPath)
  var dataset: String?

  @Option(help: "The rows: train, validation or test.")
  var split = Split.test

  @Option(
    name: .customLong("json"),
    help: ArgumentHelp("Write the figures to this file, too.", valueName: "file"),
    transform: nonemptyPath)
  var json: String?

  mutating func run() throws {
    useOneThread()
    let directory = try RunDirectory(existing: path)
    if let json, Console.standard.rank == 0 {
      try RunDirectory.checkIsWritable(json)
      try directory.checkIsNotOwn(json)
    }
    let model = try TrainedModel(of: directory)
    let isOwn = dataset == nil
    let dataset = try Dataset(directory: dataset ?? directory.results().dataset.directory)
    try model.checkSchema(of: dataset)
    if isOwn { try model.checkContent(of: dataset) }
    let identity = try RankIdentity.ofThisProcess()
    let (split, json) = (split, json)
    let command =
      ["evaluate", "--split \(split.rawValue)"] + (json.map { ["--json \($0)"] } ?? [])
    let limit = try directory.configuration().training.stallTimeoutInSeconds
    Job.run(command, stallTimeoutInSeconds: limit) { world in
      try model.requireAgreement(on: world, dataset: dataset, identity: identity)
      Runtime.note("evaluation of \(split.rawValue) rows")
      let table = try model.evaluate(dataset.rows(of: split), group: world)
      try Console.standard.print("\(split.rawValue) rows of \(dataset.directory)\n\(table.text)")
      if let json, world.rank == 0 { try RunDirectory.write(table, toJSON: json) }
    }
  }
}
