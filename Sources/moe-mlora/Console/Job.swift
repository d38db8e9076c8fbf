internal import MPI

/// A command's work on the ranks of a job.
///
/// Every command runs as a job, so that all ranks meet at its end: whichever of them fails, the
/// others are there to be ended with it.
enum Job {
  /// Runs the body as one rank; an error on any rank ends the job on all, with its exit status.
  static func run(_ body: (Communicator) throws -> Void) {
    Runtime.run(exitCode: { ExitStatus($0).rawValue }, body)
  }

  /// Runs the body on rank 0, while the others wait; for work that has nothing to share out.
  static func runOnFirstRank(_ body: () throws -> Void) rethrows {
    if Runtime.announcedRank == 0 { try body() }
    run { _ in }
  }
}
