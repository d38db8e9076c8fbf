import Foundation
import TestSupport
import Testing

import MPI

@Suite(.serialized) struct StartTests {
  private let helper = MPIRun.productFolder.appendingPathComponent("parallel-conformance").path

  @Test func `a program started alone does not start MPI`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["world,describe"])
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(run.output.contains("threads none\n"), "\(run.report)")
    #expect(run.output.contains("library Open MPI v"), "\(run.report)")
    #expect(run.errorOutput.isEmpty, "\(run.report)")
  }

  @Test(arguments: [[], ["OMPI_COMM_WORLD_SIZE=1"]])
  func `a process without mpirun needs nothing of MPI but its library`(variables: [String]) throws {
    // MPI's daemon and a remote shell are not to be found, whether or not MPI is started.
    let run = try MPIRun.run(
      ["timeout", "60", "env", "PATH=/nonexistent"] + variables + [helper, "world,describe"])
    #expect(run.exitCode == 0, "\(run.report)")
    let level = variables.isEmpty ? "none" : "funneled"
    #expect(run.output.contains("threads \(level)\n"), "\(run.report)")
  }

  @Test(arguments: Launcher.allCases)
  func `a launcher that MPI does not hear of is an error with a remedy`(launcher: Launcher) throws {
    let run = try MPIRun.launch(
      "parallel-conformance", ["world"], environment: [launcher.rawValue: "2"])
    #expect(run.exitCode == 1, "\(run.report)")
    let expected = MPIError.worldSizeMismatch(found: 1, announced: 2, launcher: launcher)
    #expect(run.errorOutput.contains("error: \(expected)\n"), "\(run.report)")
  }

  @Test func `ranks that are fewer than announced are an error`() throws {
    let run = try MPIRun.run(
      [
        "sh", "-c", #". "$0"; exec timeout 60 mpirun -np 2 env OMPI_COMM_WORLD_SIZE=3 "$@""#,
        MPIRun.settings.path, helper, "world",
      ])
    #expect(run.exitCode == 1, "\(run.report)")
    #expect(run.errorOutput.contains("announces 3 ranks, MPI found 2"), "\(run.report)")
  }

  @Test func `ranks get the settings that the user has not made`() throws {
    let names = RankSettings.always.keys.sorted()
    let defaults = try MPIRun.launch("parallel-conformance", ["environment"] + names, ranks: 2)
    for (name, value) in RankSettings.always {
      #expect(defaults.sortedLines.filter { $0 == "\(name)=\(value)" }.count == 2)
    }
    let own = Dictionary(uniqueKeysWithValues: names.map { ($0, "0") })
      .merging(["OMPI_MCA_btl_vader_single_copy_mechanism": "emulated"]) { $1 }
    let chosen = try MPIRun.launch(
      "parallel-conformance", ["environment"] + names, ranks: 2, environment: own)
    #expect(chosen.exitCode == 0, "\(chosen.report)")
    for (name, value) in own {
      #expect(chosen.sortedLines.filter { $0 == "\(name)=\(value)" }.count == 2)
    }
  }

  @Test(.enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1))
  func `ranks that mpirun binds to cores do not yield`() throws {
    let name = "OMPI_MCA_mpi_yield_when_idle"
    // Two processors may be the threads of one core, which mpirun binds two ranks to only if allowed.
    let script = #". "$0"; exec timeout 60 mpirun --bind-to core:overload-allowed "$@""#
    let run = try MPIRun.run([
      "sh", "-c", script, MPIRun.settings.path, "-np", "2", helper, "environment", name,
    ])
    #expect(run.sortedLines.filter { $0 == "\(name)=unset" }.count == 2, "\(run.report)")
  }

  @Test func `ranks have the thread level that was asked for`() throws {
    let run = try MPIRun.launch("parallel-conformance", ["describe"], ranks: 2)
    #expect(run.sortedLines.filter { $0 == "threads funneled" }.count == 2, "\(run.report)")
  }
}
