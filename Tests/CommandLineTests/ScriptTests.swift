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

  @Test(arguments: [
    ("adaptations", "--seeds"), ("backbones", "--seeds"), ("backbones", "--by"),
    ("backbones", "--backbones"),
  ])
  func `an empty list is told before anything is built`(script: String, option: String) throws {
    let path = MPIRun.packageFolder.appending(path: "scripts/ablations/\(script)").path
    for list in [",", " ", ""] {
      let run = try run([path, option, list])
      #expect(run.exitCode == 2, "\(run.report)")
      #expect(
        run.errorOutput == "\(script): error: \(option): expected at least one, found none\n",
        "\(run.report)")
    }
  }

  @Test(arguments: [
    ("adaptations", ["--seeds", "a,b"], "--seeds: expected whole numbers, found a"),
    ("backbones", ["--seeds", "1,-2"], "--seeds: expected whole numbers, found -2"),
    (
      "adaptations", ["--set", "seed=4"],
      "--set: expected another key than seed, which --seeds gives, found seed=4"
    ),
    (
      "backbones", ["--set", "seed=4"],
      "--set: expected another key than seed, which --seeds gives, found seed=4"
    ),
    (
      "adaptations", ["--set", "model.adaptation=moe"],
      "--set: expected another key than model.adaptation, whose values are compared, "
        + "found model.adaptation=moe"
    ),
    (
      "backbones", ["--set", "model.backbone=mlp"],
      "--set: expected another key than model.backbone, whose values are compared, "
        + "found model.backbone=mlp"
    ),
  ])
  func `what a comparison cannot use is told before anything is built`(
    script: String, arguments: [String], message: String
  ) throws {
    let path = MPIRun.packageFolder.appending(path: "scripts/ablations/\(script)").path
    let run = try run([path] + arguments, ["MOVIELENS_DIR": "/nowhere"])
    #expect(run.exitCode == 2, "\(run.report)")
    #expect(run.output.isEmpty, "\(run.report)")
    #expect(run.errorOutput == "\(script): error: \(message)\n", "\(run.report)")
  }

  @Test func `a finished run of other data or of other settings is refused`() throws {
    let workplace = try Workplace()
    let finished = try workplace.makeRun()
    try workplace.write(#"{"fingerprint": "0123"}"#, to: "other/dataset.json")
    for (dataset, settings, problem) in [
      ("data", Workplace.quickSettings, nil as String?),
      // What no result depends on may differ.
      ("data", Workplace.quickSettings + ["training.stallTimeout=7"], nil),
      (
        "other", Workplace.quickSettings,
        "a run on \(workplace.path("other")), found one on other data;"
      ),
      (
        "data", Workplace.quickSettings + ["seed=7"],
        "the configuration of the options given, found another one;"
      ),
    ] {
      let script = #"""
        set -euo pipefail
        for file in common dataset runs; do source "$ROOT/scripts/lib/$file.bash"; done
        check_run "$@"
        """#
      let run = try run(
        ["bash", "-c", script, "script", MPIRun.program, finished, workplace.path(dataset)]
          + settings.flatMap { ["--set", $0] })
      #expect(run.exitCode == (problem == nil ? 0 : 2), "\(run.report)")
      let line = problem.map {
        "script: error: \(finished): expected \($0) choose another --output\n"
      }
      #expect(run.errorOutput == line ?? "", "\(run.report)")
    }
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
    let run = try prepare(program, in: workplace, ["MOVIELENS_DIR": "", "SIGNAL": signal])
    #expect(run.exitCode != 0, "\(run.report)")
    #expect(run.output.contains("Data: synthetic"), "\(run.report)")
    #expect(try workplace.contents() == ["data", "program"])
  }

  @Test func `a preparation names the dataset as it is to be used, and is not made twice`() throws {
    let workplace = try Workplace()
    let input = try workplace.makeMovieLens()
    for ending in ["", ", which was there already"] {
      let run = try prepare(MPIRun.program, in: workplace, ["MOVIELENS_DIR": input])
      #expect(run.exitCode == 0, "\(run.report)")
      #expect(!run.output.contains(".prepare"), "\(run.report)")
      let names = try FileManager.default.contentsOfDirectory(atPath: workplace.path("data"))
      #expect(names.count == 1 && names[0].hasPrefix("movielens-gender-"), "\(names)")
      #expect(
        run.output.hasSuffix("==> Dataset: data/\(names.first ?? "")\(ending)\n"), "\(run.report)")
    }
  }

  @Test func `data that are refused are told in one line`() throws {
    let workplace = try Workplace()
    let input = try workplace.makeMovieLens()
    try workplace.write("", to: "raw/users.dat")
    let run = try prepare(MPIRun.program, in: workplace, ["MOVIELENS_DIR": input])
    #expect(run.exitCode == 2, "\(run.report)")
    let message = "\(input)/users.dat: expected at least one record, found an empty file"
    #expect(run.errorOutput == MPIRun.errorLine(message, ranks: nil), "\(run.report)")
    #expect(try workplace.contents().filter { $0.hasPrefix("data/") } == [])
  }

  /// Prepares the dataset of scripts that are not told one, in a folder, with a program.
  private func prepare(
    _ program: String, in workplace: Workplace, _ environment: [String: String]
  ) throws -> MPIRun {
    let script = #"""
      set -euo pipefail
      cd "$PLACE"
      source "$ROOT/scripts/lib/common.bash"
      source "$ROOT/scripts/lib/dataset.bash"
      prepare_default_dataset "$0"
      """#
    return try run(
      ["bash", "-c", script, program],
      ["PLACE": workplace.path("")].merging(environment) { $1 })
  }
}
