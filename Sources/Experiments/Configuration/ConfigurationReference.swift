internal import Training

/// The reference of the configuration's keys, written from the table that also reads them.
public enum ConfigurationReference: Sendable {
  /// A Markdown table, for the documentation.
  public static var markdown: String {
    let rows = ConfigurationKey.all.map { key in
      let unit = key.unit.map { " (\($0))" } ?? ""
      return "| `\(key.name)` | `\(key.defaultText)`\(unit) | \(key.expectation) | \(key.help) |"
    }
    return (["| key | default | expected | meaning |", "|---|---|---|---|"] + rows)
      .joined(separator: "\n")
  }

  /// Every key with its default, its meaning and what is expected, for a terminal.
  public static var text: String {
    ConfigurationKey.all.map { key in
      let unit = key.unit.map { " \($0)" } ?? ""
      return """
        \(key.name) = \(key.defaultText)\(unit)
            \(key.help)
            Expected: \(key.expectation).
        """
    }
    .joined(separator: "\n")
  }

  /// A line for each key with its default, the phases' own keys left out, for a command's help.
  public static var summary: String {
    let keys = ConfigurationKey.all.filter { key in
      !TrainingPhase.allCases.contains { key.sections == ["training", $0.rawValue] }
    }
    let lines = keys.map { key in
      ["  \(key.name)", key.defaultText + (key.unit.map { " \($0)" } ?? "")]
    }
    return TextTable(lines, others: .left).description
  }
}
