/// Mean and standard deviation over seeds of a figure, for every combination of a row and a column.
public struct AblationTable: Hashable, Sendable {
  /// One run's figure.
  public struct Entry: Hashable, Codable, Sendable {
    /// The name of the row, for example a model.
    public var row: String
    /// The name of the column, for example a figure.
    public var column: String
    /// The seed of the run.
    public var seed: UInt64
    /// The figure.
    public var value: Double

    /// Records a figure.
    public init(row: String, column: String, seed: UInt64, value: Double) {
      self.row = row
      self.column = column
      self.seed = seed
      self.value = value
    }
  }

  /// The figures of a row and a column over seeds.
  public struct Cell: Hashable, Sendable {
    /// The number of runs, at least one.
    public let runs: Int
    /// The mean.
    public let mean: Double
    /// The sample standard deviation, with a denominator one less than the runs; `nil` for one run.
    public let standardDeviation: Double?

    init(_ values: [Double]) {
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      runs = values.count
      self.mean = mean
      standardDeviation =
        values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
    }
  }

  /// The rows' names, in the order of their first entries.
  public let rows: [String]
  /// The columns' names, in the order of their first entries.
  public let columns: [String]
  private let cells: [Place: Cell]

  private struct Place: Hashable {
    let row: String
    let column: String
  }

  /// Groups entries by row and column.
  ///
  /// - Parameter entries: Figures; no row and column has two of one seed.
  public init(_ entries: [Entry]) {
    var rows: [String] = []
    var columns: [String] = []
    var seen: Set<[String]> = []
    var values: [Place: [Double]] = [:]
    for entry in entries {
      let isNew = seen.insert([entry.row, entry.column, "\(entry.seed)"]).inserted
      precondition(isNew, "two figures of \(entry.row), \(entry.column), seed \(entry.seed)")
      if !rows.contains(entry.row) { rows.append(entry.row) }
      if !columns.contains(entry.column) { columns.append(entry.column) }
      values[Place(row: entry.row, column: entry.column), default: []].append(entry.value)
    }
    self.rows = rows
    self.columns = columns
    cells = values.mapValues(Cell.init)
  }

  /// The figures of a row and a column, if there are any.
  public subscript(row row: String, column column: String) -> Cell? {
    cells[Place(row: row, column: column)]
  }
}
