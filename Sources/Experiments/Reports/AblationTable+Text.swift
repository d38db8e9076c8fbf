internal import Foundation

extension AblationTable {
  /// The cells as text, the header first: `mean ± standard deviation`, `–` where there are no figures.
  public func lines(decimals: Int = 4) -> [[String]] {
    let body = rows.map { row in
      [row] + columns.map { self[row: row, column: $0]?.text(decimals: decimals) ?? "–" }
    }
    return [[""] + columns] + body
  }

  /// The table as Markdown: ``lines(decimals:)``, the figures to the right.
  public func markdown(decimals: Int = 4) -> String {
    var lines = lines(decimals: decimals).map { $0.map(\.inMarkdown) }
    lines.insert(["---"] + columns.map { _ in "---:" }, at: 1)
    return lines.map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
  }

  /// One line per row and column that has figures: `row,column,runs,mean,standardDeviation`.
  public var csv: String {
    let lines = places.map { row, column, cell in
      [row.inCSV, column.inCSV, "\(cell.runs)", "\(cell.mean)"]
        + [cell.standardDeviation.map { "\($0)" } ?? ""]
    }
    return ([["row", "column", "runs", "mean", "standardDeviation"]] + lines)
      .map { $0.joined(separator: ",") }
      .joined(separator: "\n") + "\n"
  }

  /// Every cell that has figures, row by row.
  private var places: [(row: String, column: String, cell: Cell)] {
    rows.flatMap { row in
      columns.compactMap { column in
        self[row: row, column: column].map { (row, column, $0) }
      }
    }
  }
}

// MARK: - Coding

extension AblationTable: Encodable {
  private enum CodingKeys: CodingKey { case schemaVersion, cells }
  private enum CellKeys: CodingKey { case row, column, runs, mean, standardDeviation }

  /// Encodes a version and a list of cells, a standard deviation of one run as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(1, forKey: .schemaVersion)
    var list = container.nestedUnkeyedContainer(forKey: .cells)
    for (row, column, cell) in places {
      var record = list.nestedContainer(keyedBy: CellKeys.self)
      try record.encode(row, forKey: .row)
      try record.encode(column, forKey: .column)
      try record.encode(cell.runs, forKey: .runs)
      try record.encode(cell.mean, forKey: .mean)
      try record.encode(cell.standardDeviation, forKey: .standardDeviation)
    }
  }
}

extension AblationTable.Cell {
  fileprivate func text(decimals: Int) -> String {
    let format = "%.\(decimals)f"
    let mean = String(format: format, self.mean)
    guard let standardDeviation else { return mean }
    return "\(mean) ± \(String(format: format, standardDeviation))"
  }
}

extension String {
  fileprivate var inMarkdown: String { replacingOccurrences(of: "|", with: "\\|") }

  fileprivate var inCSV: String {
    guard contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return self }
    return "\"\(replacingOccurrences(of: "\"", with: "\"\""))\""
  }
}
