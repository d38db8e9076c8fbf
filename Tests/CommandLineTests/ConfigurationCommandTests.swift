import Experiments
import Foundation
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
    let execution = try Execution(["configuration", form])
    #expect(execution.status == 0)
    for key in ConfigurationKey.all {
      #expect(execution.output.contains(key.name))
      #expect(execution.output.contains(key.help))
      #expect(execution.output.contains(key.expectation))
    }
  }

  @Test func `the defaults are written as a complete file`() throws {
    let execution = try Execution(["configuration", "--yaml"])
    #expect(execution.status == 0)
    #expect(execution.output == RunConfiguration().yaml)
  }

  @Test func `file and overrides are combined`() throws {
    var expected = RunConfiguration()
    expected.seed = 5
    expected.model.hidden = [32, 16]
    try withFile("seed: 4\nmodel: {hidden: [32, 16]}\n") { path in
      let execution = try Execution([
        "configuration", "--yaml", "--config", path, "--set", "seed=5",
      ])
      #expect(execution.status == 0)
      #expect(execution.output == expected.yaml)
    }
  }

  @Test func `a fault of the file is refused with its line`() throws {
    try withFile("seed: 4\nmodel:\n  dropout: .nan\n") { path in
      let execution = try Execution(["configuration", "--yaml", "--config", path])
      #expect(execution.isRefusal)
      #expect(execution.errors.contains("\(path):3: model.dropout: expected a number"))
    }
  }

  @Test(arguments: ["/nowhere/run.yaml", "/", ""])
  func `a file that cannot be read is refused`(path: String) throws {
    #expect(try Execution(["configuration", "--yaml", "--config", path]).isRefusal)
  }

  @Test(arguments: ["seed", "=", "seed=x", "sed=1", "model.dropout=inf", "training.shards=99999"])
  func `a faulty override is refused`(override: String) throws {
    let execution = try Execution(["configuration", "--yaml", "--set", override])
    #expect(execution.isRefusal)
    #expect(execution.errors.hasPrefix("moe-mlora: error: --set: "))
  }
}
