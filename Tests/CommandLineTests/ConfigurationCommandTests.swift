import Experiments
import Foundation
import TestSupport
import Testing

@Suite struct ConfigurationCommandTests {
  /// Calls `body` with the path of a file that exists for the time of the call.
  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yaml")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file.path)
  }

  @Test(arguments: ["--text", "--markdown"])
  func `the reference explains every key`(form: String) throws {
    let run = try MPIRun.start(["configuration", form])
    #expect(run.exitCode == 0)
    for key in ConfigurationKey.all {
      #expect(run.output.contains(key.name))
      #expect(run.output.contains(key.help))
      #expect(run.output.contains(key.expectation))
    }
  }

  @Test func `the defaults are written as a complete file`() throws {
    let run = try MPIRun.start(["configuration", "--yaml"])
    #expect(run.exitCode == 0)
    #expect(run.output == RunConfiguration().yaml)
  }

  @Test(arguments: [["--yaml"], []])
  func `file and overrides are combined`(form: [String]) throws {
    var expected = RunConfiguration()
    expected.seed = 5
    expected.model.hidden = [32, 16]
    try withFile("seed: 4\nmodel: {hidden: [32, 16]}\n") { path in
      let run = try MPIRun.start(
        ["configuration"] + form + ["--config", path, "--set", "seed=5"])
      #expect(run.exitCode == 0)
      #expect(run.output == expected.yaml)
    }
  }

  @Test func `keys that no result depends on are left out of what decides results`() throws {
    let expected = RunConfiguration().yaml.split(separator: "\n")
      .filter { line in
        let others = [
          "#", "  stallTimeout:", "  tables:", "  checkpoint:", "    everySteps:",
          "    everySeconds:",
          "    keep:", "    directory:",
        ]
        return !others.contains { line.hasPrefix($0) }
      }
    for overrides in [[], ["--set", "training.stallTimeout=7"]] {
      let run = try MPIRun.start(["configuration", "--deciding"] + overrides)
      #expect(run.exitCode == 0)
      #expect(run.output.split(separator: "\n") == expected, "\(run.report)")
    }
    let other = try MPIRun.start(["configuration", "--deciding", "--set", "seed=5"])
    #expect(other.output.split(separator: "\n").contains("seed: 5"))
  }

  @Test func `a fault of the file is refused with its line`() throws {
    try withFile("seed: 4\nmodel:\n  dropout: .nan\n") { path in
      let run = try MPIRun.start(["configuration", "--yaml", "--config", path])
      #expect(run.isRefusal)
      #expect(run.errorOutput.contains("\(path):3: model.dropout: expected a number"))
    }
  }

  @Test(arguments: ["/nowhere/run.yaml", "/", ""])
  func `a file that cannot be read is refused`(path: String) throws {
    #expect(try MPIRun.start(["configuration", "--yaml", "--config", path]).isRefusal)
  }

  @Test(arguments: ["seed", "=", "seed=x", "sed=1", "model.dropout=inf", "training.shards=99999"])
  func `a faulty override is refused`(override: String) throws {
    let run = try MPIRun.start(["configuration", "--yaml", "--set", override])
    #expect(run.isRefusal)
    #expect(run.errorOutput.hasPrefix("moe-mlora: error: --set: "))
  }
}
