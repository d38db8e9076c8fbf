import Foundation
import Testing

@Suite struct UsageTests {
  @Test(arguments: [
    [], ["--help"], ["-h"], ["help"], ["info", "--help"], ["configuration", "--help"],
    ["help", "configuration"],
  ])
  func `help is a result`(arguments: [String]) throws {
    let execution = try Execution(arguments)
    #expect(execution.status == 0)
    #expect(execution.output.hasPrefix("OVERVIEW: "))
    #expect(execution.errors.isEmpty)
  }

  @Test func `the version is one line`() throws {
    let execution = try Execution(["--version"])
    #expect(execution.status == 0)
    #expect(execution.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test(arguments: [
    (["nonsense"], "Unexpected argument 'nonsense'; see moe-mlora --help"),
    (["--nonsense"], "Unknown option '--nonsense'; see moe-mlora --help"),
    (["info", "more"], "Unexpected argument 'more'; see moe-mlora info --help"),
    (
      ["configuration", "--set"],
      "Missing value for '--set <key=value>'; see moe-mlora configuration --help"
    ),
    (
      ["configuration", "--set", "seed=1"],
      "expected --yaml beside --config or --set, found --text; see moe-mlora configuration --help"
    ),
  ])
  func `wrong usage is refused with a hint`(arguments: [String], message: String) throws {
    let execution = try Execution(arguments)
    #expect(execution.isRefusal)
    #expect(execution.errors == "moe-mlora: error: \(message)\n")
  }

  @Test(arguments: ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"])
  func `only rank 0 speaks, and every rank ends alike`(variable: String) throws {
    for arguments in [["nonsense"], ["configuration", "--yaml", "--set", "a=b"], ["--help"]] {
      let first = try Execution(arguments, environment: [variable: "0"])
      let other = try Execution(arguments, environment: [variable: "3"])
      #expect(first.output + first.errors != "")
      #expect(other.output + other.errors == "")
      #expect(first.status == other.status)
    }
  }

  @Test func `a report names the versions and the machine`() throws {
    let execution = try Execution(["info"])
    #expect(execution.status == 0)
    let names = execution.output.split(separator: "\n").map { $0.prefix { $0 != " " } }
    #expect(
      names == [
        "moe-mlora", "compiled", "C", "oneDNN", "processor", "extensions", "cores", "system",
        "kernel",
      ])
    #expect(!execution.output.contains("unknown"))
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/taskset")))
  func `a report counts the cores the process is bound to`() throws {
    let execution = try Execution(
      ["-c", "0", Execution.program.path, "info"], program: URL(filePath: "/usr/bin/taskset"))
    #expect(execution.output.contains(/cores usable +1 of \d+/))
  }
}
