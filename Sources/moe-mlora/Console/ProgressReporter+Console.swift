internal import Experiments
internal import Glibc

extension ProgressReporter {
  /// A reporter on standard error: one line on a terminal, lines in a log, nothing from other ranks.
  static func standard(_ console: Console, quiet: Bool) -> ProgressReporter {
    let start = ContinuousClock.now
    return ProgressReporter(
      style: style(console, quiet: quiet), now: { ContinuousClock.now - start },
      write: { console.note($0) })
  }

  private static func style(_ console: Console, quiet: Bool) -> Style {
    guard console.rank == 0, !quiet else { return .silent }
    guard isatty(STDERR_FILENO) == 1 else { return .lines }
    var size = winsize()
    // Sound: the request fills such a structure, whose address the system gets for the call alone.
    let isKnown = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return .terminal(columns: isKnown ? Int(size.ws_col) : 80)
  }
}
