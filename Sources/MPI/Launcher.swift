/// A kind of program that starts the ranks of a job, named by the variable in which it announces
/// their number.
public enum Launcher: String, CaseIterable, Sendable {
  /// Open MPI's `mpirun`.
  case openMPI = "OMPI_COMM_WORLD_SIZE"
  /// Slurm's `srun`. `SLURM_NTASKS` would not do: a batch script has it too, outside any step.
  case slurm = "SLURM_STEP_NUM_TASKS"
  /// Another process manager, such as the `mpirun` of MPICH or Intel MPI, or `srun --mpi=pmi2`.
  case processManager = "PMI_SIZE"

  /// What to do when this launcher and the MPI library do not understand each other.
  var remedy: String {
    switch self {
    case .openMPI: "start with the mpirun of the Open MPI this program is linked to"
    case .slurm: "start with 'srun --mpi=pmix', or with mpirun inside the allocation"
    case .processManager: "start with Open MPI's mpirun, not with another MPI's"
    }
  }
}
