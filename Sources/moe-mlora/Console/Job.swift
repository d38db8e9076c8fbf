internal import MPI

/// A command's work on the ranks of a job.
///
/// Every command runs as a job, so that all ranks meet at its end: whichever of them fails, the
/// others are there to be ended with it.
enum Job {
  /// Runs the body as one rank; an error on any rank ends the job on all, with its exit status.
  ///
  /// - Parameters:
  ///   - stallTimeoutInSeconds: How long a rank may be in one collective before the job is ended; 0 for
  ///     ever.
  ///   - body: What this rank does.
  static func run(stallTimeoutInSeconds: Int = 0, _ body: (Communicator) throws -> Void) {
    let watchdog = Watchdog(
      limit: .seconds(max(1, stallTimeoutInSeconds)), exitCode: ExitStatus.stalled.rawValue,
      remedy: "ranks waited for others for training.stallTimeout = \(stallTimeoutInSeconds) s; see "
        + "whether the machines of those that did not wait, or say nothing, are well, and start again; "
        + "where ranks are only slow, raise training.stallTimeout")
    Runtime.run(
      watchdog: stallTimeoutInSeconds > 0 ? watchdog : nil, exitCode: { ExitStatus($0).rawValue },
      body)
  }

  /// Runs the body on rank 0, while the others wait; for work that has nothing to share out.
  static func runOnFirstRank(_ body: () throws -> Void) rethrows {
    if Runtime.announcedRank == 0 { try body() }
    run { _ in }
  }
}
