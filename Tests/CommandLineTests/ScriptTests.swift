import Foundation
import TestSupport
import Testing

/// The scripts as far as they come without building.
@Suite struct ScriptTests {
  private func run(_ command: [String], _ environment: [String: String] = [:]) throws -> MPIRun {
    try MPIRun.run(command, environment.merging(["ROOT": MPIRun.packageFolder.path]) { $1 })
  }

  @Test(
    arguments: ["scripts/run", "scripts/ablations/adaptations"],
    [
      (["--set", "seed"], "--set: expected KEY=VALUE, found seed"),
      (["--set", "=1"], "--set: expected KEY=VALUE, found =1"),
      (["--set", ""], "--set: expected KEY=VALUE, found nothing"),
      (["--set"], "expected a value after --set, found none"),
      (["--ranks", "0"], "--ranks: expected a number from 1, found 0"),
      (["--nonsense"], "expected an option (see --help), found --nonsense"),
    ])
  func `wrong usage is told before anything is built`(
    script: String, usage: (arguments: [String], message: String)
  ) throws {
    let name = script.split(separator: "/").last ?? ""
    let path = MPIRun.packageFolder.appending(path: script).path
    let run = try run([path] + usage.arguments)
    #expect(run.exitCode == 2, "\(run.report)")
    #expect(run.output.isEmpty, "\(run.report)")
    #expect(run.errorOutput == "\(name): error: \(usage.message)\n", "\(run.report)")
  }

  @Test(arguments: ["scripts/run", "scripts/ablations/adaptations", "scripts/ablations/backbones"])
  func `a directory without MovieLens is told before anything is built`(script: String) throws {
    let name = script.split(separator: "/").last ?? ""
    let path = MPIRun.packageFolder.appending(path: script).path
    let run = try run([path], ["MOVIELENS_DIR": "/nowhere"])
    #expect(run.exitCode == 2, "\(run.report)")
    #expect(run.output.isEmpty, "\(run.report)")
    #expect(
      run.errorOutput == "\(name): error: MOVIELENS_DIR: expected a directory with users.dat and "
        + "ratings.dat, or u.user and u.data, found none at /nowhere\n", "\(run.report)")
  }

  @Test(arguments: ["INT", "TERM", "HUP"])
  func `an interrupted preparation leaves nothing`(signal: String) throws {
    let workplace = try Workplace()
    let program = try workplace.write("#!/bin/sh\nkill -$SIGNAL $PPID $$\n", to: "program")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let script = #"""
      set -euo pipefail
      cd "$PLACE"
      source "$ROOT/scripts/lib/common.bash"
      source "$ROOT/scripts/lib/dataset.bash"
      prepare_default_dataset "$PLACE/program"
      """#
    let run = try run(
      ["bash", "-c", script], ["PLACE": workplace.path(""), "MOVIELENS_DIR": "", "SIGNAL": signal])
    #expect(run.exitCode != 0, "\(run.report)")
    #expect(run.output.contains("Data: synthetic"), "\(run.report)")
    #expect(try workplace.contents() == ["data", "program"])
  }
}
