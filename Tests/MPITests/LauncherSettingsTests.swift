import TestSupport
import Testing

import MPI

/// `scripts/mpi-environment`, the settings of `mpirun`.
@Suite struct LauncherSettingsTests {
  @Test func `every setting concerns Open MPI and is made for ranks nowhere else`() throws {
    let names = try settings().keys
    #expect(names.contains("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"))
    #expect(names.allSatisfy { $0.hasPrefix("OMPI_") })
    let launch = try Launch { $0 == "OMPI_COMM_WORLD_LOCAL_SIZE" ? "2" : nil }
    let ranks = RankSettings(launch, usableCores: 1, onlineCores: 1).variables.keys
    #expect(ranks.count == 5)
    #expect(Set(names).isDisjoint(with: ranks))
  }

  @Test func `a setting that the user has made is kept, an empty one too`() throws {
    for name in try settings().keys {
      #expect(try settings([name: "chosen"])[name] == "chosen")
      #expect(try settings([name: ""])[name] == "")
    }
  }

  /// The variables that a shell has only after sourcing the file, or that were given.
  private func settings(_ given: [String: String] = [:]) throws -> [String: String] {
    let run = try MPIRun.run(
      ["sh", "-euc", #". "$0"; env"#, MPIRun.settings.path], given)
    #expect(run.exitCode == 0, "\(run.report)")
    let pairs = run.output.split(separator: "\n").compactMap { line -> (String, String)? in
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].hasPrefix("OMPI_") else { return nil }
      return (String(parts[0]), String(parts[1]))
    }
    return Dictionary(pairs) { $1 }
  }
}
