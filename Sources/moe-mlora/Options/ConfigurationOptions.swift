internal import ArgumentParser
internal import Experiments

/// Where a run's configuration comes from.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: .customLong("config"),
    help: ArgumentHelp(
      "A configuration; what it leaves out keeps its default.", valueName: "file.yaml"),
    transform: nonemptyPath)
  var path: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "A value that wins over the file, for example model.backbone=mlp; may be repeated.",
      valueName: "key=value"))
  var overrides: [String] = []

  /// Whether nothing was given.
  var isEmpty: Bool { path == nil && overrides.isEmpty }

  /// Reads the configuration.
  func configuration() throws(ExperimentError) -> RunConfiguration {
    try RunConfiguration(path: path, overrides: overrides)
  }
}
