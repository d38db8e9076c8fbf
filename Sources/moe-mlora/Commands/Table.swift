internal import ArgumentParser
internal import Experiments
internal import Foundation

/// `moe-mlora table`.
struct Table: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares finished runs: means and standard deviations over seeds.",
    discussion: """
      A row for each value of a key and each phase, a column for each figure of the test rows. The \
      runs have the same data and differ in nothing but the seed and the keys that name the rows.

        moe-mlora table runs/none-1 runs/none-2 runs/moe-1 runs/moe-2
        moe-mlora table --by model.dropout --markdown runs/dropout-*
      """)

  /// What is written.
  enum Form: String, EnumerableFlag {
    case text, markdown, csv, json

    static func help(for value: Form) -> ArgumentHelp? {
      switch value {
      case .text: "Write aligned columns, mean ± sample standard deviation."
      case .markdown: "Write a Markdown table."
      case .csv: "Write a line for each row and column, with all digits."
      case .json: "Write an object for each row and column, with all digits."
      }
    }
  }

  @Argument(
    help: ArgumentHelp("The directories of finished runs.", valueName: "run"),
    transform: nonemptyPath)
  var paths: [String]

  @Option(
    name: .customLong("by"), parsing: .singleValue,
    help: ArgumentHelp("A key whose values name the rows; may be repeated.", valueName: "key"))
  var keys = ["model.adaptation"]

  @Flag var form = Form.text

  mutating func run() throws {
    let keys = try keys.map(rowKey)
    try Job.runOnFirstRank {
      let runs = try paths.map { try FinishedRun(of: RunDirectory(existing: $0)) }
      try print(AblationTable(runs, rowKeys: keys))
    }
  }

  private func print(_ table: AblationTable) throws {
    switch form {
    case .text: try Console.standard.print(TextTable(table.lines()).description)
    case .markdown: try Console.standard.print(table.markdown())
    case .csv: try Console.standard.print(table.csv, terminator: "")
    case .json: try Console.standard.print(json(table))
    }
  }

  private func rowKey(_ name: String) throws(UsageError) -> ConfigurationKey {
    guard let key = ConfigurationKey.named(name) else {
      throw UsageError("--by: expected a key of the configuration, found \(name)")
    }
    return key
  }

  private func json(_ table: AblationTable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(table), as: UTF8.self)
  }
}
