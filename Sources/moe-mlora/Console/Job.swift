internal import Experiments
internal import MPI

/// A command's work on all ranks.
enum Job {
  /// Runs the body as one rank; an error on any rank ends the job on all, with its exit status.
  static func run(_ body: (Communicator) throws -> Void) throws {
    Runtime.run(exitCode: { ExitStatus($0).rawValue }, body)
  }
}
