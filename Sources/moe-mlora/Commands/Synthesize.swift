internal import ArgumentParser
internal import Datasets

/// `moe-mlora synthesize`.
struct Synthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a dataset with a planted structure, for machines without data.",
    discussion: """
      All domains share a low-rank preference of users for items, and each shifts it by one of its \
      own; popular items are rated more often. The same options give the same bytes.

        moe-mlora synthesize --domains 4 --samples 200000 --output data/synthetic
      """)

  @Option(help: ArgumentHelp("A new directory for the dataset.", valueName: "dir"))
  var output: String

  @Option(help: "The number of domains.")
  var domains = SyntheticConfiguration().domains

  @Option(help: "The number of rows, all domains and splits together.")
  var samples = SyntheticConfiguration().samples

  @Option(help: "The number of users, all domains together.")
  var users = SyntheticConfiguration().users

  @Option(help: "The number of items, which all domains share.")
  var items = SyntheticConfiguration().items

  @Option(help: "The size of a domain relative to the one before it.")
  var sizeRatio = SyntheticConfiguration().sizeRatio

  @Option(
    name: .customLong("ctr"), parsing: .upToNextOption,
    help: "The share of positive rows of each domain; default: evenly spaced from 0.15 to 0.35.")
  var domainCTRs: [Double] = []

  @Option(
    name: .customLong("sizes"), parsing: .upToNextOption,
    help: "The relative size of each domain, in place of --size-ratio.")
  var domainSizes: [Double] = []

  @Option(help: "The k-th most popular item occurs in proportion to k^-exponent.")
  var popularityExponent = SyntheticConfiguration().popularityExponent

  @Option(help: "The standard deviation of the preference that domains share, in logits.")
  var sharedDeviation = SyntheticConfiguration().sharedDeviation

  @Option(help: "The standard deviation of each domain's shift, in logits.")
  var shiftDeviation = SyntheticConfiguration().shiftDeviation

  @Option(help: "The seed of data and split.")
  var seed = SyntheticConfiguration().seed

  mutating func run() throws {
    var configuration = SyntheticConfiguration()
    configuration.domains = domains
    configuration.samples = samples
    configuration.users = users
    configuration.items = items
    configuration.sizeRatio = sizeRatio
    configuration.domainCTRs = domainCTRs.isEmpty ? nil : domainCTRs
    configuration.domainSizes = domainSizes.isEmpty ? nil : domainSizes
    configuration.popularityExponent = popularityExponent
    configuration.sharedDeviation = sharedDeviation
    configuration.shiftDeviation = shiftDeviation
    configuration.seed = seed
    let contents = try SyntheticData(configuration).contents()
    Console.standard.print(DatasetSummary.text(try contents.write(to: output), at: output))
  }
}
