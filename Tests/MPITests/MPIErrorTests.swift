import MPI
import Testing

@Suite struct MPIErrorTests {
  @Test(arguments: [
    (
      MPIError.routineFailed(
        routine: "MPI_Recv", rank: 1, size: 3, code: 15, text: "MPI_ERR_TRUNCATE: truncated"),
      "MPI_Recv on rank 1 of 3: MPI_ERR_TRUNCATE: truncated (code 15)"
    ),
    (
      .noSuchRank(3, routine: "MPI_Send", rank: 1, size: 3),
      "MPI_Send on rank 1 of 3: expected a rank in 0..<3, found 3"
    ),
    (
      .messageToItself(routine: "MPI_Send", rank: 1, size: 3),
      "MPI_Send on rank 1 of 3: expected another rank, found the caller itself"
    ),
    (
      .noOtherRank(routine: "MPI_Recv"),
      "MPI_Recv on rank 0 of 1: expected another rank to receive from, found none"
    ),
    (
      .countTooLarge(5, limit: 4, routine: "MPI_Send"),
      "MPI_Send: expected at most 4 elements, found 5"
    ),
    (
      .worldSizeMismatch(found: 1, announced: 4, launcher: .slurm),
      "starting MPI: SLURM_STEP_NUM_TASKS announces 4 ranks, MPI found 1; "
        + "start with 'srun --mpi=pmix', or with mpirun inside the allocation"
    ),
    (
      .malformedAnnouncement("x", launcher: .openMPI),
      "starting MPI: expected a positive number in OMPI_COMM_WORLD_SIZE, found 'x'"
    ),
    (
      .threadLevelUnavailable(requested: .multiple, provided: .single),
      "starting MPI: expected thread level multiple, found single"
    ),
  ])
  func `an error says in one line what was expected and found`(error: MPIError, text: String) {
    #expect("\(error)" == text)
  }

  @Test func `thread levels are ordered by what they permit`() {
    #expect(
      ThreadLevel.allCases.shuffled().sorted() == [.single, .funneled, .serialized, .multiple])
  }
}
