/// The Open MPI parameters that every rank needs, set by the program itself before MPI starts.
///
/// This is the only place for parameters that ranks read, so that `mpirun`, `srun` and a start by
/// hand behave alike. Parameters that `mpirun` itself reads are set by `scripts/mpi-environment`;
/// the two lists have nothing in common (a test compares them), so none has to be kept equal.
package struct RankSettings: Hashable, Sendable {
  /// Environment variables and their values.
  package let variables: [String: String]

  /// The settings for a way of starting.
  ///
  /// - Parameters:
  ///   - launch: How the process was started.
  ///   - usableCores: The number of cores the process may run on, if known.
  ///   - onlineCores: The number of cores of the node, if known.
  package init(_ launch: Launch, usableCores: Int?, onlineCores: Int?) {
    var variables = Self.always
    let cores: Int? =
      switch launch.cores {
      case .count(let count): count
      case .parts: onlineCores
      case .untold: usableCores
      }
    if let ranks = launch.ranksOnNode, let cores, ranks > cores {
      // A rank that waits by spinning would keep the rank it waits for from its core.
      variables["OMPI_MCA_mpi_yield_when_idle"] = "1"
    }
    self.variables = variables
  }

  /// What holds for every start.
  ///
  /// - Copies between ranks of a node go through shared memory: reading another process's memory
  ///   is refused in many containers (and reported on every rank), and was slower when measured.
  /// - Messages of up to 512 KB between nodes, not of up to 64 KB alone, are sent without asking the receiver first, and
  ///   of longer ones as much: on four nodes made on one machine, whose ranks send each other 50 to 300 KB in a step,
  ///   that brought 5 to 35 %. A message that nobody waits for yet takes so much memory.
  /// - A process without a launcher starts no daemon of its own, which would need `ssh`.
  package static let always = [
    "OMPI_MCA_btl_tcp_eager_limit": "524288",
    "OMPI_MCA_btl_tcp_rndv_eager_limit": "524288",
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    "OMPI_MCA_ess_singleton_isolated": "1",
  ]

  /// What silences Open MPI's words about the end of a rank that starts only in order to abort.
  ///
  /// In other ranks it would hide the reasons for which MPI cannot start or communicate, and in
  /// `mpirun` those for which it cannot start ranks.
  static let silence = ["OMPI_MCA_orte_execute_quiet": "1"]

  /// Sets the variables that the user has not set.
  func apply() {
    for (name, value) in variables { System.setDefault(name, to: value) }
  }
}
