/// How this process was started, as the environment tells before MPI is asked.
package struct Launch: Hashable, Sendable {
  /// The launcher and the number of ranks it announced, if one did.
  package let announcement: Announcement?
  /// Whether a launcher that Open MPI understands stands ready.
  package let isManaged: Bool
  /// The number of ranks on this node, if known.
  package let ranksOnNode: Int?
  /// How many cores the ranks on this node share, as far as the launcher tells.
  package let cores: Cores
  /// This process's position among the ranks, zero where no launcher gave it one.
  package let rank: Int

  /// A number of ranks, and who announced it.
  package struct Announcement: Hashable, Sendable {
    /// Who announced the number.
    package let launcher: Launcher
    /// The number of ranks.
    package let size: Int
  }

  /// What a launcher tells of the cores that the ranks on a node share.
  package enum Cores: Hashable, Sendable {
    /// A number.
    case count(Int)
    /// Each rank is bound to a part of the node's cores: what one rank may use is not the whole.
    case parts
    /// Nothing: each rank may use all of them.
    case untold
  }

  /// Reads the launcher's variables.
  ///
  /// - Parameter variable: The value of an environment variable, `nil` if it is not set.
  /// - Throws: ``MPIError/malformedAnnouncement(_:launcher:)``.
  package init(variable: (String) -> String?) throws(MPIError) {
    announcement = try Self.announcement(variable)
    isManaged = variable("OMPI_COMM_WORLD_SIZE") != nil || variable("PMIX_RANK") != nil
    ranksOnNode =
      variable("OMPI_COMM_WORLD_LOCAL_SIZE").flatMap { Int($0) }
      ?? variable("SLURM_STEP_TASKS_PER_NODE").flatMap(Self.largestCount)
    cores = Self.cores(of: announcement?.launcher, variable)
    rank = Self.rankVariables.lazy.compactMap(variable).compactMap { Int($0) }.first ?? 0
  }

  /// The variables in which launchers announce a rank, in the order of ``Launcher``.
  private static let rankVariables = [
    "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID", "PMI_RANK",
  ]

  /// Throws if `size` is not the announced number of ranks.
  package func check(worldSize size: Int) throws(MPIError) {
    guard let announcement, announcement.size != size else { return }
    throw .worldSizeMismatch(
      found: size, announced: announcement.size, launcher: announcement.launcher)
  }

  /// The announcement of the first launcher that made one; an `mpirun` inside a Slurm step comes
  /// before the step.
  private static func announcement(
    _ variable: (String) -> String?
  ) throws(MPIError) -> Announcement? {
    for launcher in Launcher.allCases {
      guard let text = variable(launcher.rawValue) else { continue }
      guard let size = Int(text), size > 0 else {
        throw .malformedAnnouncement(text, launcher: launcher)
      }
      return Announcement(launcher: launcher, size: size)
    }
    return nil
  }

  /// What the launcher tells of cores; another launcher around it, as Slurm around an `mpirun`, may
  /// have left variables too.
  private static func cores(of launcher: Launcher?, _ variable: (String) -> String?) -> Cores {
    switch launcher {
    case .openMPI: variable("OMPI_MCA_orte_bound_at_launch") == "1" ? .parts : .untold
    case .slurm: variable("SLURM_CPUS_ON_NODE").flatMap { Int($0) }.map(Cores.count) ?? .untold
    case .processManager, nil: .untold
    }
  }

  /// The largest count of a Slurm list such as `4(x2),3`.
  private static func largestCount(_ list: String) -> Int? {
    list.split(separator: ",").compactMap { Int($0.prefix { $0 != "(" }) }.max()
  }
}
