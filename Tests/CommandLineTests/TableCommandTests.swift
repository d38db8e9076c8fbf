import Experiments
import Foundation
import Testing

@Suite struct TableCommandTests {
  @Test func `a run is wanted`() throws {
    #expect(try Execution(["table"]).isRefusal)
  }

  @Test(arguments: ["seed.", "training.patience", "model", ""])
  func `a key that no configuration file holds is refused`(key: String) throws {
    let execution = try Execution(["table", "--by", key, "/nowhere"])
    #expect(execution.isRefusal)
    #expect(execution.errors.contains("--by: expected a key"))
  }

  @Test func `a directory that is no run is refused`() throws {
    let execution = try Execution(["table", "/nowhere"])
    #expect(execution.isRefusal)
    #expect(execution.errors.contains("found no config.yaml"))
  }

  @Test(arguments: ["--text", "--markdown", "--csv", "--json"])
  func `an unfinished run is refused in every form`(form: String) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try RunDirectory(creating: path, configuration: RunConfiguration())
    let execution = try Execution(["table", form, path])
    #expect(execution.isRefusal)
    #expect(
      execution.errors.hasSuffix("\(path): expected a finished run, found no results.json in it\n"))
  }
}
