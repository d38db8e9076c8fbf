/// Lines of cells under each other for a terminal, the first column to the left.
package struct TextTable: Hashable, Sendable {
  /// Where the cells of a column stand.
  package enum Side: Hashable, Sendable { case left, right }

  private let rows: [[String]]
  private let others: Side

  /// Lays out lines.
  ///
  /// - Parameters:
  ///   - rows: The lines, all with the same number of cells.
  ///   - others: Where the columns after the first stand: figures to the right, words to the left.
  package init(_ rows: [[String]], others: Side = .right) {
    let count = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == count }, "lines of different numbers of cells")
    self.rows = rows
    self.others = others
  }

  private func line(_ cells: [String], widths: [Int]) -> String {
    let columns = cells.indices.map { column in
      let padding = String(repeating: " ", count: widths[column] - cells[column].count)
      return column == 0 || others == .left ? cells[column] + padding : padding + cells[column]
    }
    var line = columns.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}

extension TextTable: CustomStringConvertible {
  /// The lines without spaces at their ends, separated by ends of lines.
  package var description: String {
    let widths = (rows.first ?? []).indices.map { column in
      rows.reduce(0) { max($0, $1[column].count) }
    }
    return rows.map { line($0, widths: widths) }.joined(separator: "\n")
  }
}
