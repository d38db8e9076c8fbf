internal import ArgumentParser
internal import Datasets

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
      try Console.standard.print(DatasetSummary.text(try contents.write(to: output), at: output))
    }
  }
}
