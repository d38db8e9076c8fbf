internal import ArgumentParser
internal import Experiments

/// `moe-mlora configuration`: explains the keys, or shows what a file and overrides amount to.
struct Configuration: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explains the keys of a configuration, or writes a complete one.",
    discussion: """
      Without options, every key with its default, as with --text. To see what a run would use, for \
      example

        moe-mlora configuration --config FILE.yaml --set model.backbone=mlp
      """)

  /// What is written.
  enum Form: String, EnumerableFlag {
    case text, markdown, yaml, deciding

    static func help(for value: Form) -> ArgumentHelp? {
      switch value {
      case .text: "Explain every key."
      case .markdown: "Explain every key in a Markdown table."
      case .yaml: "Write the complete configuration; implied by --config and --set."
      case .deciding: "Write what results depend on, for comparisons."
      }
    }
  }

  @Flag var givenForm: Form?
  @OptionGroup var source: ConfigurationOptions

  mutating func validate() throws {
    guard form == .yaml || form == .deciding || source.isEmpty else {
      throw ValidationError(
        "expected --yaml or --deciding beside --config or --set, found --\(form.rawValue)")
    }
  }

  /// What is written if nothing else was asked for.
  private var form: Form { givenForm ?? (source.isEmpty ? .text : .yaml) }

  mutating func run() throws {
    try Job.runOnFirstRank {
      switch form {
      case .text: try Console.standard.print(ConfigurationReference.text)
      case .markdown: try Console.standard.print(ConfigurationReference.markdown)
      case .yaml: try Console.standard.print(source.configuration().yaml, terminator: "")
      case .deciding:
        try Console.standard.print(source.configuration().decidingYAML, terminator: "")
      }
    }
  }
}
