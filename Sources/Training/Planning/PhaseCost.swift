/// What computing takes in a phase, on one rank, in seconds.
public struct PhaseCost: Hashable, Codable, Sendable {
  /// For a row of a batch: what ranks share.
  public var secondsPerRow: Double
  /// For a step, whatever the rows of a rank: what every rank does, such as updating.
  public var secondsPerStep: Double
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
  ///   - secondsPerStep: for a step, beside its rows.
  ///   - secondsPerAddition: for adding two vectors of gradients.
  ///   - secondsPerScoredRow: for scoring a validation row.
  ///   - secondsPerFigureRow: for the figures, by validation row.
  public init(
    secondsPerRow: Double, secondsPerStep: Double, secondsPerAddition: Double,
    secondsPerScoredRow: Double, secondsPerFigureRow: Double
  ) {
    self.secondsPerRow = secondsPerRow
    self.secondsPerStep = secondsPerStep
    self.secondsPerAddition = secondsPerAddition
    self.secondsPerScoredRow = secondsPerScoredRow
    self.secondsPerFigureRow = secondsPerFigureRow
  }
}
