/// Keeps the best figure, and says when enough evaluations have brought none better.
///
/// The figure of the untrained candidate comes first, so that training can never end worse than it
/// began. Only a strictly larger figure is better.
///
/// The published code has no untrained candidate, and keeps the best figure over phases, so that later ones are mostly
/// discarded.
package struct EarlyStopping: Hashable, Codable, Sendable {
  var patience: Int
  /// The best figure so far; `nil` before the first.
  package private(set) var best: Double?
  private var evaluationsWithoutBest = 0

  /// Starts without a figure.
  package init(patience: Int) { self.patience = patience }

  /// Notes a figure; returns whether it is the best so far.
  package mutating func improves(_ figure: Double) -> Bool {
    guard figure > best ?? -.infinity else {
      evaluationsWithoutBest += 1
      return false
    }
    best = figure
    evaluationsWithoutBest = 0
    return true
  }

  /// Whether figure, an AUC, and count can be those after some evaluations, of which some were the best so far.
  func isPlausible(after areBest: [Bool]) -> Bool {
    best.map { 0...1 ~= $0 } != false
      && evaluationsWithoutBest == areBest.reversed().prefix { !$0 }.count
  }

  /// The same figure to surpass, and no evaluation that has not.
  package var begunAnew: EarlyStopping {
    var stopping = self
    stopping.evaluationsWithoutBest = 0
    return stopping
  }

  /// Whether training should end.
  package var shouldStop: Bool { evaluationsWithoutBest >= patience }
}

extension EarlyStopping: CustomStringConvertible {
  package var description: String {
    "\(best.map { "\($0)" } ?? "no figure") and \(evaluationsWithoutBest) since"
  }
}
