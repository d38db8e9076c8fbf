/// Lines of cells under each other: the first column to the left, the others to the right.
struct TextTable: CustomStringConvertible {
  /// The lines, all with the same number of cells.
  let rows: [[String]]

  /// The lines, separated by ends of lines.
  var description: String {
    let widths = (rows.first ?? []).indices.map { column in
      rows.reduce(0) { max($0, $1[column].count) }
    }
    return rows.map { cells in
      zip(cells, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }
      .joined(separator: "  ")
    }
    .joined(separator: "\n")
  }
}
