/// The number of rows in each split.
public struct SplitSizes: Hashable, Codable, Sendable {
  /// Training rows.
  public var train: Int
  /// Validation rows.
  public var validation: Int
  /// Test rows.
  public var test: Int

  /// The sizes that split `count` rows 60/20/20 in two stages.
  ///
  /// `rest = ceil(0.4 count)` rows leave training, `ceil(rest / 2)` of them go to test and the others
  /// to validation.
  public init(of count: Int) {
    precondition(count >= 0, "splitting \(count) rows")
    let rest = (2 * count + 4) / 5
    train = count - rest
    test = (rest + 1) / 2
    validation = rest - test
  }

  /// The number of rows in one split.
  public subscript(split: Split) -> Int {
    switch split {
    case .train: train
    case .validation: validation
    case .test: test
    }
  }
}
