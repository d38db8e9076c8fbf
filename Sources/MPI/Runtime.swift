internal import COpenMPI

/// The life of MPI in a process: from its start to its end, or to the end of the whole job.
public enum Runtime: Sendable {
  /// Runs the body as one rank of a job, and ends MPI when it returns.
  ///
  /// Under a launcher (`mpirun`, or `srun` with PMIx) MPI is started and the body gets the
  /// communicator of all ranks. Without one MPI is not touched, and the body gets
  /// ``Communicator/alone``.
  ///
  /// When the body throws, or MPI cannot be started as the launcher announced, the error is written
  /// to standard error as one line and the job ends on **all** ranks with an exit code: no rank
  /// waits for one that is gone. An error that all ranks throw alike is written once, by rank 0.
  ///
  /// The corresponding MPI routines are `MPI_Init_thread`, `MPI_Finalize` and `MPI_Abort`.
  ///
  /// - Parameters:
  ///   - threads: Which threads will call MPI.
  ///   - watchdog: What ends the job when ranks wait for too long, if anything does.
  ///   - takesStopRequests: Whether signals that ask the process to stop may be requests (``StopRequest``).
  ///   - exitCode: The exit code, 1 to 255, for an error that ends the job.
  ///   - patience: How long ranks other than 0 leave an error to rank 0 before they write it.
  ///   - body: What this rank does.
  /// - Returns: What the body returns.
  public static func run<Result>(
    threads: ThreadLevel = .funneled,
    watchdog: Watchdog? = nil,
    takesStopRequests: Bool = false,
    exitCode: (any Error) -> Int32 = { _ in 1 },
    patience: Duration = .seconds(1),
    _ body: (Communicator) throws -> Result
  ) -> Result {
    copenmpi_line_buffer_standard_output()
    do {
      Watchdog.start(
        announcedSize > 1 ? watchdog : nil, takesStopRequests: takesStopRequests)
      let world = try start(threads)
      let result = try body(world)
      try finish(world)
      Watchdog.stop()
      return result
    } catch {
      fail("\(error)", exitCode: exitCode(error), patience: patience)
    }
  }
}

// MARK: - Start and end

extension Runtime {
  /// Starts MPI if a launcher stands ready, and checks what it announced.
  static func start(_ threads: ThreadLevel) throws(MPIError) -> Communicator {
    let launch = try Launch(variable: System.variable)
    guard launch.isManaged else {
      try launch.check(worldSize: 1)
      return .alone
    }
    guard unsafe !flag(MPI_Initialized) else { throw .alreadyStarted }
    RankSettings(
      launch, usableCores: System.usableCoreCount, onlineCores: System.onlineCoreCount
    ).apply()

    // A failure of MPI_Init_thread itself ends the process with MPI's explanation.
    var level: Int32 = 0
    Watch.enter("MPI_Init_thread")
    unsafe MPI_Init_thread(nil, nil, threads.value, &level)
    Watch.leave()
    unsafe MPI_Comm_set_errhandler(copenmpi_comm_world(), copenmpi_errors_return())
    unsafe MPI_Comm_set_errhandler(copenmpi_comm_self(), copenmpi_errors_return())

    let world = try unsafe Communicator(copenmpi_comm_world(), isOwned: false)
    try launch.check(worldSize: world.size)
    if let provided = ThreadLevel(value: level), provided < threads {
      throw .threadLevelUnavailable(requested: threads, provided: provided)
    }
    return world
  }

  /// Waits for all ranks and ends MPI, if it runs.
  private static func finish(_ world: Communicator) throws(MPIError) {
    guard isRunning else { return }
    copenmpi_flush()
    // A rank that aborts while others are in MPI_Finalize now and then crashes or hangs mpirun
    // (Open MPI 4.1.4): none goes there before all have done their work.
    try world.barrier()
    Watch.enter("MPI_Finalize")
    let code = MPI_Finalize()
    Watch.leave()
    guard code == MPI_SUCCESS else {
      throw .routineFailed(
        routine: "MPI_Finalize", rank: 0, size: 1, code: Int(code), text: "MPI did not end cleanly")
    }
  }

  /// Whether MPI has been started and has not ended.
  static var isRunning: Bool { unsafe flag(MPI_Initialized) && !flag(MPI_Finalized) }

  /// The answer of a routine that may be called at any time.
  static func flag(_ routine: (UnsafeMutablePointer<Int32>?) -> Int32) -> Bool {
    var answer: Int32 = 0
    return unsafe routine(&answer) == MPI_SUCCESS && answer != 0
  }
}
