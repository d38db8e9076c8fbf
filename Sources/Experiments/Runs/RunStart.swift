/// How a training begins.
public enum RunStart: Hashable, Sendable {
  /// Anew; `overwrites` says whether a run that is in the directory may be replaced.
  case new(overwrites: Bool)
  /// Where the run in the directory was interrupted; `changing` are the keys whose values may be others than
  /// before.
  case resumed(changing: Set<String>)

  /// Whether it goes on from an interrupted run.
  public var isResumed: Bool {
    switch self {
    case .new: false
    case .resumed: true
    }
  }
}
