import Experiments
import Foundation
import TestSupport
import Testing

@Suite struct TableCommandTests {
  @Test func `a run is wanted`() throws {
    #expect(try MPIRun.start(["table"]).isRefusal)
  }

  @Test(arguments: ["seed.", "training.gate", "model", ""])
  func `a name that is no key of a configuration is refused`(key: String) throws {
    let run = try MPIRun.start(["table", "--by", key, "/nowhere"])
    #expect(run.isRefusal)
    #expect(run.errorOutput.contains("--by: expected a key"))
  }

  @Test func `a directory that is no run is refused`() throws {
    let run = try MPIRun.start(["table", "/nowhere"])
    #expect(run.isRefusal)
    #expect(run.errorOutput.contains("found no config.yaml"))
  }

  @Test(arguments: ["--text", "--markdown", "--csv", "--json"])
  func `an unfinished run is refused in every form`(form: String) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try RunDirectory(creating: path, configuration: RunConfiguration())
    let run = try MPIRun.start(["table", form, path])
    #expect(run.isRefusal)
    #expect(
      run.errorOutput.hasSuffix(
        "\(path): expected a finished run, found no results.json in it; one that "
          + "was interrupted goes on with train --resume\n"))
  }
}
