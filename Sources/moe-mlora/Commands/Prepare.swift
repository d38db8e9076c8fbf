public import ArgumentParser
public import Datasets

/// `moe-mlora prepare …`: turns published data into a dataset.
struct Prepare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prepares published data for training.",
    discussion: """
      The dataset is a new directory: dataset.json, and a NumPy file for each column.

        moe-mlora prepare movielens --input ml-1m --by gender --output data/gender
        moe-mlora prepare reference --input split_by_theme_10 --output data/taobao-10
      """,
    subcommands: [PrepareMovieLens.self, PrepareReference.self])
}

extension MovieLensAttribute: ExpressibleByArgument {}

/// `moe-mlora prepare movielens`.
struct PrepareMovieLens: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "movielens",
    abstract: "Prepares MovieLens-1M or MovieLens-100K, domains by an attribute of the user.",
    discussion: """
      The release is recognised by its files: users.dat and ratings.dat, or u.data and u.user. A \
      rating of 5 is positive, all others are negative; each domain is split 60/20/20.

        moe-mlora prepare movielens --input ml-1m --by gender --output data/gender
      """)

  @Option(
    help: ArgumentHelp("The directory of the unpacked archive.", valueName: "dir"),
    transform: nonemptyPath)
  var input: String

  @Option(name: .customLong("by"), help: "What tells domains apart: 2, 7 or 21 of them.")
  var attribute: MovieLensAttribute

  @Option(
    help: ArgumentHelp("A new directory for the dataset.", valueName: "dir"),
    transform: nonemptyPath)
  var output: String

  @Option(help: "The seed of the split.")
  var seed: UInt64 = 123

  mutating func run() throws {
    try Job.runOnFirstRank {
      let contents = try MovieLens(directory: input).contents(by: attribute, seed: seed)
      Console.standard.print(DatasetSummary.text(try contents.write(to: output), at: output))
    }
  }
}

/// `moe-mlora prepare reference`.
struct PrepareReference: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: "Prepares a dataset in the layout of the reference implementations.",
    discussion: """
      The directory holds domain_0, domain_1, …, each with train.csv, val.csv and test.csv, whose \
      columns are uid,pid,domain,label, or these and reach_time, which is not read.

        moe-mlora prepare reference --input split_by_theme_10 --output data/taobao-10
      """)

  @Option(
    help: ArgumentHelp("The directory of domain_0, domain_1, ….", valueName: "dir"),
    transform: nonemptyPath)
  var input: String

  @Option(
    help: ArgumentHelp("A new directory for the dataset.", valueName: "dir"),
    transform: nonemptyPath)
  var output: String

  mutating func run() throws {
    try Job.runOnFirstRank {
      let contents = try ReferenceLayout(directory: input).contents()
      Console.standard.print(DatasetSummary.text(try contents.write(to: output), at: output))
    }
  }
}
