internal import COpenMPI

extension Runtime {
  /// Ends the job on all ranks with an exit code from 1 to 255, because of a problem that is written
  /// to standard error as one line that names the rank and its machine.
  ///
  /// Call it for what goes wrong outside ``run(threads:watchdog:takesStopRequests:exitCode:patience:_:)``, such as wrong
  /// arguments. It may be called on all ranks or on some, if the others come to it or to `run` by
  /// themselves: a rank that has not started MPI does so here, in order to end the others. A problem
  /// that all ranks share is written once, by rank 0: the others leave it the time to do so.
  ///
  /// The corresponding MPI routine is `MPI_Abort`. `mpirun` explains in eleven lines that a process
  /// has ended with an exit code other than 0, but leaves that to a process that aborts.
  ///
  /// - Parameters:
  ///   - problem: What went wrong.
  ///   - exitCode: The exit code.
  ///   - patience: How long ranks other than 0 wait to be ended before they write.
  public static func fail(
    _ problem: String, exitCode: Int32, patience: Duration = .seconds(1)
  ) -> Never {
    let (rank, size) = place
    let position = size > 1 ? " on rank \(rank) of \(size) (\(System.hostName))" : ""
    let text = problem.split(whereSeparator: \.isNewline).joined(separator: " ")
    let line = "\(System.programName): error\(position): \(text)"
    if rank == 0 {
      System.report(line)
      startToEnd()
    } else {
      // Starting waits until rank 0 has come this far, and its end of the job overtakes this line.
      startToEnd()
      System.sleep(patience)
      System.report(line)
    }
    abort(exitCode: exitCode)
  }

  /// Ends the job on all ranks at once, with an exit code from 1 to 255.
  ///
  /// The corresponding MPI routine is `MPI_Abort`.
  public static func abort(exitCode: Int32) -> Never {
    precondition((1...255).contains(exitCode), "ending a job with exit code \(exitCode)")
    copenmpi_flush()
    if isRunning { unsafe MPI_Abort(copenmpi_comm_world(), exitCode) }
    System.exit(exitCode)
  }

  /// This process's rank and the number of ranks, as MPI knows them or else as they were announced.
  private static var place: (rank: Int, size: Int) {
    guard isRunning else { return isManaged ? (announcedRank, announcedSize) : (0, 1) }
    var rank: Int32 = 0
    var size: Int32 = 1
    unsafe MPI_Comm_rank(copenmpi_comm_world(), &rank)
    unsafe MPI_Comm_size(copenmpi_comm_world(), &size)
    return (Int(rank), Int(size))
  }

  /// Starts MPI in a rank that will only abort, without Open MPI's own words about the abort.
  ///
  /// Where MPI has ended, or no launcher waits for this rank, nothing is left to be done.
  private static func startToEnd() {
    guard unsafe !flag(MPI_Initialized), isManaged else { return }
    for (name, value) in RankSettings.silence { System.setDefault(name, to: value) }
    // The problem that is being reported is the one to tell.
    _ = try? start(.funneled)
  }
}
