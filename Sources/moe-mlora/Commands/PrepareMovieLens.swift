public import ArgumentParser
public import Datasets

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

  @Option(
    parsing: .unconditional, help: "The seed of the split. (default: 123)", transform: wholeNumber)
  var seed: UInt64 = 123

  mutating func run() throws {
    try Job.runOnFirstRank {
      let contents = try MovieLens(directory: input).contents(by: attribute, seed: seed)
      try Console.standard.print(DatasetSummary.text(try contents.write(to: output), at: output))
    }
  }
}
