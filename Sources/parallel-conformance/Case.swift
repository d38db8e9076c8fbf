import MPI

/// A check that all ranks make together.
struct Case: Sendable {
  /// What the command line calls it.
  let name: String
  /// What it shows, for the list of cases.
  let summary: String
  /// How long ranks other than 0 leave an error to rank 0.
  let patience: Duration
  /// What ends the job when ranks wait for too long, if anything does.
  let watchdog: Watchdog?
  /// Makes the check, with the arguments after the name; throws when it fails.
  let body: @Sendable (_ world: Communicator, _ arguments: [String]) throws -> Void

  init(
    _ name: String, _ summary: String, patience: Duration = .seconds(1), watchdog: Watchdog? = nil,
    _ body: @escaping @Sendable (_ world: Communicator, _ arguments: [String]) throws -> Void
  ) {
    self.name = name
    self.summary = summary
    self.patience = patience
    self.watchdog = watchdog
    self.body = body
  }

  /// All cases; a new group of cases is one file and one line here.
  static let all =
    broadcasts + reductions + gathers + exchanges + messages + overlaps + groups
    + processes + failures + stalls + gradients + tables + experts

  /// The numbers of elements that collectives are tried with: none, one, a prime, and powers of two
  /// with their neighbours.
  static let counts = [0, 1, 7, 15, 16, 17, 1_023, 1_024, 1_025]
}
