/// Keeps the best figure, and says when enough evaluations have brought none better.
///
/// The figure of the untrained candidate comes first, so that training can never end worse than it
/// began. Only a strictly larger figure is better.
///
/// The published code keeps the best figure over phases, so that later ones are mostly discarded.
package struct EarlyStopping: Hashable, Codable, Sendable {
  var patience: Int
  /// The best figure so far.
  package private(set) var best: Double
  private var evaluationsWithoutBest = 0

  /// Starts with the figure of the parameters that training starts from.
  package init(patience: Int, initial: Double) {
    self.patience = patience
    best = initial
  }

  /// Notes a figure; returns whether it is the best so far.
  package mutating func improves(_ figure: Double) -> Bool {
    guard figure > best else {
      evaluationsWithoutBest += 1
      return false
    }
    best = figure
    evaluationsWithoutBest = 0
    return true
  }

  /// Whether figure and count can be those of a training.
  func isPlausible(upTo maximum: Int) -> Bool {
    best.isFinite && 0...maximum ~= evaluationsWithoutBest
  }

  /// Whether training should end.
  package var shouldStop: Bool { evaluationsWithoutBest >= patience }
}
