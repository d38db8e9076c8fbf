/// What computing takes in a phase, on one rank, in seconds.
public struct PhaseCost: Hashable, Codable, Sendable {
  /// For a row of a batch: what ranks share.
  public var secondsPerRow: Double
  /// For a step, whatever the rows of a rank: what every rank does, such as updating dense parameters.
  public var secondsPerStep: Double
  /// For updating all rows of the tables in a step, which ranks share if tables are sharded.
  public var secondsPerTables: Double
  /// For adding two vectors of gradients.
  public var secondsPerAddition: Double
  /// For scoring a validation row, which ranks share.
  public var secondsPerScoredRow: Double
  /// For the figures, by validation row: rank 0 alone computes them.
  public var secondsPerFigureRow: Double

  /// States the costs.
  ///
  /// - Parameters:
  ///   - secondsPerRow: for a row of a batch.
  ///   - secondsPerStep: for a step, beside its rows and the tables.
  ///   - secondsPerTables: for updating all rows of the tables.
  ///   - secondsPerAddition: for adding two vectors of gradients.
  ///   - secondsPerScoredRow: for scoring a validation row.
  ///   - secondsPerFigureRow: for the figures, by validation row.
  public init(
    secondsPerRow: Double, secondsPerStep: Double, secondsPerTables: Double = 0,
    secondsPerAddition: Double, secondsPerScoredRow: Double, secondsPerFigureRow: Double
  ) {
    self.secondsPerRow = secondsPerRow
    self.secondsPerStep = secondsPerStep
    self.secondsPerTables = secondsPerTables
    self.secondsPerAddition = secondsPerAddition
    self.secondsPerScoredRow = secondsPerScoredRow
    self.secondsPerFigureRow = secondsPerFigureRow
  }
}
