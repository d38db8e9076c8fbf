import Foundation
import TestSupport
import Testing

/// The scripts of a cluster on one machine, as far as they come without making one.
@Suite struct ClusterScriptTests {
  private func run(
    _ script: String, _ arguments: [String] = [], _ environment: [String: String] = [:]
  ) throws -> MPIRun {
    try MPIRun.run([MPIRun.packageFolder.appending(path: script).path] + arguments, environment)
  }

  @Test func `a check that cannot be made is skipped and never passed`() throws {
    // All that the script needs before it looks for `ip`, which it does not find.
    let workplace = try Workplace()
    let programs = try workplace.write("", to: "programs/empty")
    let folder = URL(filePath: programs).deletingLastPathComponent()
    for name in ["bash", "dirname", "id"] {
      try FileManager.default.createSymbolicLink(
        at: folder.appending(path: name), withDestinationURL: URL(filePath: "/usr/bin/\(name)"))
    }
    let script = MPIRun.packageFolder.appending(path: "scripts/test-cluster").path
    let run = try MPIRun.run(["/usr/bin/bash", script], ["PATH": folder.path])
    #expect(run.exitCode == 2, "\(run.report)")
    #expect(run.output.isEmpty, "\(run.report)")
    let reasons = ["network namespaces need root", "the command ip is missing"]
    #expect(
      reasons.contains {
        run.errorOutput.hasPrefix("test-cluster: skipped, 0 checks made: \($0)")
      }, "\(run.report)")
  }

  @Test(arguments: [
    ("scripts/test-cluster", ["4"], "expected no arguments, found 4"),
    ("cluster/up", ["0"], "expected a number of nodes from 1 to 99, found 0"),
    ("cluster/up", ["3", "4"], "expected a number of nodes from 1 to 99, found 3 4"),
    ("cluster/down", ["now"], "expected no arguments, found now"),
    ("cluster/shape", [], "expected a rate such as 200mbit, or off, found nothing"),
  ])
  func `wrong usage is told before anything is done`(
    script: String, arguments: [String], message: String
  ) throws {
    let run = try run(script, arguments)
    let name = script.split(separator: "/").last ?? ""
    #expect(run.exitCode == 2, "\(run.report)")
    #expect(run.errorOutput == "\(name): error: \(message)\n", "\(run.report)")
  }

  @Test(arguments: ["scripts/test-cluster", "cluster/up", "cluster/down", "cluster/shape"])
  func `the help of a script is a result`(script: String) throws {
    let run = try run(script, ["--help"])
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(run.output.contains("\nUsage: \(script)"), "\(run.report)")
  }
}
