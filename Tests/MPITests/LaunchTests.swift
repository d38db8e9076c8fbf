import Testing

import MPI

@Suite struct LaunchTests {
  /// How a process is started in whose environment only these variables are set.
  private func launch(_ variables: [String: String]) throws(MPIError) -> Launch {
    try Launch { variables[$0] }
  }

  @Test func `without variables the process is alone`() throws {
    let launch = try launch([:])
    #expect(!launch.isManaged)
    #expect(launch.announcement == nil)
    #expect(launch.ranksOnNode == nil)
    #expect(throws: Never.self) { try launch.check(worldSize: 1) }
  }

  @Test func `mpirun is recognised, and comes before the Slurm step it runs in`() throws {
    let launch = try launch([
      "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_SIZE": "2", "PMIX_RANK": "0",
      "SLURM_STEP_NUM_TASKS": "3", "SLURM_STEP_TASKS_PER_NODE": "1(x3)",
    ])
    #expect(launch.isManaged)
    #expect(launch.announcement?.launcher == .openMPI)
    #expect(launch.announcement?.size == 4)
    #expect(launch.ranksOnNode == 2)
  }

  @Test func `srun with PMIx is recognised`() throws {
    let launch = try launch([
      "PMIX_RANK": "1", "SLURM_STEP_NUM_TASKS": "11", "SLURM_STEP_TASKS_PER_NODE": "3,4(x2)",
    ])
    #expect(launch.isManaged)
    #expect(launch.announcement?.launcher == .slurm)
    #expect(launch.announcement?.size == 11)
    #expect(launch.ranksOnNode == 4)
  }

  @Test(arguments: ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID", "PMI_RANK"])
  func `every launcher announces the rank`(variable: String) throws {
    #expect(try launch([variable: "3"]).rank == 3)
    #expect(try launch([variable: "first"]).rank == 0)
    #expect(try launch([:]).rank == 0)
  }

  @Test func `the rank under mpirun comes before that in the Slurm step it runs in`() throws {
    #expect(try launch(["OMPI_COMM_WORLD_RANK": "2", "SLURM_PROCID": "0"]).rank == 2)
  }

  @Test func `a batch script outside any step is alone`() throws {
    let launch = try launch(["SLURM_NTASKS": "8", "SLURM_JOB_ID": "1", "SLURM_PROCID": "0"])
    #expect(!launch.isManaged)
    #expect(throws: Never.self) { try launch.check(worldSize: 1) }
  }

  @Test(arguments: Launcher.allCases)
  func `another number of ranks than announced is an error`(launcher: Launcher) throws {
    let launch = try launch([launcher.rawValue: "4"])
    #expect(throws: Never.self) { try launch.check(worldSize: 4) }
    #expect(throws: MPIError.worldSizeMismatch(found: 1, announced: 4, launcher: launcher)) {
      try launch.check(worldSize: 1)
    }
  }

  @Test(arguments: ["", "0", "-1", "many", "1.5"])
  func `an announcement that is no positive number is an error`(text: String) {
    #expect(throws: MPIError.malformedAnnouncement(text, launcher: .processManager)) {
      try launch(["PMI_SIZE": text])
    }
  }

  @Test(arguments: [(1, 2, false), (2, 2, false), (3, 2, true), (4, 1, true)])
  func `ranks yield only when they outnumber the cores`(ranks: Int, cores: Int, yields: Bool) throws
  {
    let launch = try launch(["OMPI_COMM_WORLD_LOCAL_SIZE": "\(ranks)"])
    let settings = RankSettings(launch, usableCores: cores, onlineCores: 64).variables
    #expect((settings["OMPI_MCA_mpi_yield_when_idle"] == "1") == yields)
    let unknown = RankSettings(launch, usableCores: nil, onlineCores: nil).variables
    #expect(unknown == RankSettings.always)
  }

  @Test(arguments: [(2, 2, false), (2, 64, false), (3, 2, true)])
  func `ranks that are bound to a core each yield only when they outnumber the node's`(
    ranks: Int, online: Int, yields: Bool
  ) throws {
    let launch = try launch([
      "OMPI_COMM_WORLD_SIZE": "\(ranks)", "OMPI_COMM_WORLD_LOCAL_SIZE": "\(ranks)",
      "OMPI_MCA_orte_bound_at_launch": "1", "SLURM_CPUS_ON_NODE": "1",
    ])
    let settings = RankSettings(launch, usableCores: 1, onlineCores: online).variables
    #expect((settings["OMPI_MCA_mpi_yield_when_idle"] == "1") == yields)
  }

  @Test(arguments: [(4, "4", false), (4, "64", false), (4, "3", true), (4, "", true)])
  func `tasks of a Slurm step yield only when they outnumber its cores`(
    tasks: Int, cores: String, yields: Bool
  ) throws {
    let launch = try launch([
      "SLURM_STEP_NUM_TASKS": "8", "SLURM_STEP_TASKS_PER_NODE": "\(tasks)(x2)",
      "SLURM_CPUS_ON_NODE": cores, "PMIX_RANK": "0",
    ])
    let settings = RankSettings(launch, usableCores: 1, onlineCores: 64).variables
    #expect((settings["OMPI_MCA_mpi_yield_when_idle"] == "1") == yields)
  }
}
