internal import MPI
internal import Training

/// A command's work on the ranks of a job.
///
/// Every command runs as a job, so that all ranks meet at its end: whichever of them fails, the
/// others are there to be ended with it. Where they work together they meet at its beginning as well,
/// and compare commands: ranks that were given different ones would wait for one another.
enum Job {
  /// Runs the body as one rank; an error on any rank ends the job on all, with its exit status.
  ///
  /// - Parameters:
  ///   - command: The command and those of its options that must be the same on all ranks, one a
  ///     line; by default all of them.
  ///   - stallTimeoutInSeconds: How long a rank may be in one collective before the job is ended; 0 for
  ///     ever.
  ///   - takesStopRequests: Whether signals may ask the command to stop at the next good moment.
  ///   - body: What this rank does.
  static func run(
    _ command: [String] = commandLine, stallTimeoutInSeconds: Int = 0,
    takesStopRequests: Bool = false, _ body: (Communicator) throws -> Void
  ) {
    let watchdog = Watchdog(
      limit: .seconds(max(1, stallTimeoutInSeconds)), exitCode: ExitStatus.stalled.rawValue,
      remedy: "ranks waited for others for training.stallTimeout = \(stallTimeoutInSeconds) s; see "
        + "whether the machines of those that did not wait, or say nothing, are well, and start again; "
        + "where ranks are only slow, raise training.stallTimeout")
    Runtime.run(
      watchdog: stallTimeoutInSeconds > 0 ? watchdog : nil,
      takesStopRequests: takesStopRequests, exitCode: { ExitStatus($0).rawValue }
    ) { world in
      try Agreement([.command: command]).require(on: world)
      try body(world)
    }
  }

  /// Runs the body on rank 0, while the others wait; for work that has nothing to share out.
  ///
  /// Commands are compared when it is done: an error of it is then told before MPI starts, to which
  /// `mpirun` adds nothing.
  static func runOnFirstRank(_ body: () throws -> Void) rethrows {
    if Runtime.announcedRank == 0 { try body() }
    run { _ in }
  }

  /// The arguments of this process, an option and its values in one line.
  static var commandLine: [String] { lines(of: CommandLine.arguments.dropFirst()) }

  private static func lines(of arguments: some Sequence<String>) -> [String] {
    arguments.reduce(into: []) { lines, argument in
      if let last = lines.last, last.hasPrefix("-"), !argument.hasPrefix("-") {
        lines[lines.count - 1] = "\(last) \(argument)"
      } else {
        lines.append(argument)
      }
    }
  }
}
