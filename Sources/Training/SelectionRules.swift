import Evaluation

/// How a task chooses among the parameters that it comes to, and which it leaves.
struct SelectionRules: Hashable, Sendable {
  /// Which figures are computed.
  let figures: AUCKind
  /// Whether all domains decide, whatever domains are trained.
  let evaluatesAllDomains: Bool
  /// Whether the parameters that the task starts from are a candidate.
  let hasFirstCandidate: Bool
  /// Whether training goes on from the best parameters after an evaluation that is not the best, with the moments of the
  /// failed ones.
  let goesBack: Bool
  /// Whether the task leaves the best parameters; otherwise it leaves the last ones, and its moments to the next task.
  let leavesBest: Bool

  /// Those of a phase or an expert.
  static let standard = SelectionRules(
    figures: .exact, evaluatesAllDomains: false, hasFirstCandidate: true, goesBack: false,
    leavesBest: true)

  /// Those of a stage of the published code.
  ///
  /// - Source: the published code of arXiv 2506.07563, run under TensorFlow 1.12.
  static let published = SelectionRules(
    figures: .thresholds, evaluatesAllDomains: true, hasFirstCandidate: false, goesBack: true,
    leavesBest: false)
}
