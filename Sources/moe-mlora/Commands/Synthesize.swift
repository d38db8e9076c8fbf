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

  @Option(
    help: ArgumentHelp("A new directory for the dataset.", valueName: "dir"),
    transform: nonemptyPath)
  var output: String

  @Option(
    parsing: .unconditional, help: "The number of domains. (default: \(defaults.domains))",
    transform: wholeNumber)
  var domains = defaults.domains

  @Option(
    parsing: .unconditional,
    help: "The number of rows, all domains and splits together. (default: \(defaults.samples))",
    transform: wholeNumber)
  var samples = defaults.samples

  @Option(
    parsing: .unconditional,
    help: "The number of users, all domains together. (default: \(defaults.users))",
    transform: wholeNumber)
  var users = defaults.users

  @Option(
    parsing: .unconditional,
    help: "The number of items, which all domains share. (default: \(defaults.items))",
    transform: wholeNumber)
  var items = defaults.items

  @Option(
    parsing: .unconditional,
    help: "The size of a domain relative to the one before it. (default: \(defaults.sizeRatio))",
    transform: number)
  var sizeRatio = defaults.sizeRatio

  @Option(
    name: .customLong("ctr"), parsing: .upToNextOption,
    help: """
      The share of positive rows of each domain, with spaces between them: --ctr 0.1 0.3; default: \
      evenly spaced from 0.15 to 0.35.
      """,
    transform: numberOfSeveral)
  var domainCTRs: [Double] = []

  @Option(
    name: .customLong("sizes"), parsing: .upToNextOption,
    help: """
      The relative size of each domain, with spaces between them: --sizes 2 1; in place of \
      --size-ratio.
      """,
    transform: numberOfSeveral)
  var domainSizes: [Double] = []

  @Flag(help: "Let every user occur in every domain; otherwise each belongs to one.")
  var shareUsers = false

  @Option(
    parsing: .unconditional,
    help: """
      The k-th most popular item occurs in proportion to k^-exponent. \
      (default: \(defaults.popularityExponent))
      """,
    transform: number)
  var popularityExponent = defaults.popularityExponent

  @Option(
    parsing: .unconditional,
    help: """
      The standard deviation of the preference that domains share, in logits. \
      (default: \(defaults.sharedDeviation))
      """,
    transform: number)
  var sharedDeviation = defaults.sharedDeviation

  @Option(
    parsing: .unconditional,
    help: """
      The standard deviation of each domain's shift, in logits. \
      (default: \(defaults.shiftDeviation))
      """,
    transform: number)
  var shiftDeviation = defaults.shiftDeviation

  @Option(
    parsing: .unconditional, help: "The seed of data and split. (default: \(defaults.seed))",
    transform: wholeNumber)
  var seed = defaults.seed

  private static let defaults = SyntheticConfiguration()

  mutating func validate() throws {
    for (option, values) in [("--ctr", domainCTRs), ("--sizes", domainSizes)]
    where !values.isEmpty && values.count != domains {
      throw ValidationError(
        "\(option): expected \(counted(domains, "value")), one for each domain, found \(values.count)"
      )
    }
  }

  mutating func run() throws {
    let configuration = configuration
    try Job.runOnFirstRank {
      let contents = try contents(configuration)
      try Console.standard.print(DatasetSummary.text(try contents.write(to: output), at: output))
    }
  }

  /// Makes the data; what is wrong with a setting is told of the option that gave it.
  private func contents(_ configuration: SyntheticConfiguration) throws -> DatasetContents {
    do {
      try configuration.check()
      try configuration.checkSize(memoryInBytes: Processor.memoryInBytes)
      return try SyntheticData(configuration).contents()
    } catch {
      throw Self.naming(error)
    }
  }

  private static func naming(_ error: DatasetError) -> any Error {
    guard case .impossible(let setting, let expected, let found) = error else { return error }
    let option = optionNames[setting] ?? "--\(setting)"
    return UsageError("\(option): expected \(expected), found \(found)")
  }

  /// The options that are not named as their settings are.
  private static let optionNames = [
    "domainCTRs": "--ctr", "domainSizes": "--sizes", "sizeRatio": "--size-ratio",
    "popularityExponent": "--popularity-exponent", "sharedDeviation": "--shared-deviation",
    "shiftDeviation": "--shift-deviation",
  ]

  /// What the options say.
  private var configuration: SyntheticConfiguration {
    var configuration = SyntheticConfiguration()
    configuration.domains = domains
    configuration.samples = samples
    configuration.users = users
    configuration.items = items
    configuration.sizeRatio = sizeRatio
    configuration.domainCTRs = domainCTRs.isEmpty ? nil : domainCTRs
    configuration.domainSizes = domainSizes.isEmpty ? nil : domainSizes
    configuration.sharesUsers = shareUsers
    configuration.popularityExponent = popularityExponent
    configuration.sharedDeviation = sharedDeviation
    configuration.shiftDeviation = shiftDeviation
    configuration.seed = seed
    return configuration
  }
}
