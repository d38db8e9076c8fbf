internal import COpenMPI

extension Runtime {
  /// The rank that a launcher gave this process before MPI is asked; zero without a launcher.
  public static var announcedRank: Int { launch?.rank ?? 0 }

  /// The number of ranks that a launcher announced before MPI is asked; one without a launcher.
  public static var announcedSize: Int { launch?.announcement?.size ?? 1 }

  /// The number of ranks on this machine that a launcher announced before MPI is asked; one where none
  /// tells.
  public static var announcedRanksOnNode: Int { max(1, launch?.ranksOnNode ?? 1) }

  /// Whether a launcher that Open MPI understands stands ready.
  static var isManaged: Bool { launch?.isManaged ?? false }

  /// How this process was started, `nil` if the launcher's variables make no sense; ``run`` says so.
  private static var launch: Launch? { try? Launch(variable: System.variable) }

  /// The MPI library's description of itself, in one line.
  ///
  /// The corresponding MPI routine is `MPI_Get_library_version`.
  public static var libraryVersion: String {
    let text = unsafe System.text(capacity: Int(MPI_MAX_LIBRARY_VERSION_STRING)) {
      unsafe MPI_Get_library_version($0, $1)
    }
    return String(text.prefix { !$0.isNewline })
  }

  /// The version of the MPI standard that the library implements, such as `3.1`.
  ///
  /// The corresponding MPI routine is `MPI_Get_version`.
  public static var standardVersion: String {
    var major: Int32 = 0
    var minor: Int32 = 0
    unsafe MPI_Get_version(&major, &minor)
    return "\(major).\(minor)"
  }

  /// Which threads may call MPI; `nil` where MPI does not run, as in a process started alone.
  ///
  /// The corresponding MPI routine is `MPI_Query_thread`.
  public static var threadLevel: ThreadLevel? {
    guard isRunning else { return nil }
    var level: Int32 = 0
    unsafe MPI_Query_thread(&level)
    return ThreadLevel(value: level)
  }

  /// The name of the machine this rank runs on.
  ///
  /// The corresponding MPI routine is `MPI_Get_processor_name`.
  public static var hostName: String {
    guard isRunning else { return System.hostName }
    return unsafe System.text(capacity: Int(MPI_MAX_PROCESSOR_NAME)) {
      unsafe MPI_Get_processor_name($0, $1)
    }
  }

  /// The number of cores this process may run on, `nil` if the system does not tell.
  ///
  /// Unlike Foundation's `activeProcessorCount` it respects the binding of ranks to cores.
  public static var usableCoreCount: Int? { System.usableCoreCount }
}
