import Foundation
import TestSupport
import Testing

@Suite struct UsageTests {
  @Test(arguments: [
    [], ["--help"], ["-h"], ["help"], ["info", "--help"], ["configuration", "--help"],
    ["help", "configuration"], ["help", "prepare", "movielens"],
  ])
  func `help is a result`(arguments: [String]) throws {
    let run = try MPIRun.start(arguments)
    #expect(run.exitCode == 0)
    #expect(run.output.hasPrefix("OVERVIEW: "))
    #expect(run.errorOutput.isEmpty)
  }

  @Test(arguments: [
    [], ["prepare"], ["prepare", "movielens"], ["prepare", "reference"], ["synthesize"], ["train"],
    ["evaluate"], ["predict"], ["export"], ["table"], ["benchmark"], ["plan"], ["configuration"],
    ["info"],
  ])
  func `the help of every command shows how it is called`(command: [String]) throws {
    let run = try MPIRun.start(command + ["--help"])
    let call = (["  moe-mlora"] + command).joined(separator: " ")
    #expect(run.exitCode == 0, "\(run.report)")
    let example = try Regex("\n\(call)( |\n)")
    #expect(run.output.contains(example), "\(run.report)")
    // The parser does not break the line of usage.
    let lines = run.output.split(separator: "\n").filter { !$0.hasPrefix("USAGE: ") }
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(run.report)")
  }

  @Test(arguments: [
    ("predict", "those too that end with a carriage return and a newline"),
    ("models", "none, mlora and moe: model.backbone and model.adaptation are not looked at"),
    ("synthesize", "of each domain, with spaces between them: --sizes 2 1"),
    ("synthesize", "of each domain, with spaces between them: --ctr 0.1 0.3"),
    ("synthesize", "The number of domains. (default: 4)"),
    ("synthesize", "in proportion to k^-exponent. (default: 0.7)"),
  ])
  func `the help says what would surprise`(command: String, text: String) throws {
    let run = try MPIRun.start([command, "--help"])
    let words = run.output.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(words.contains(text), "\(run.report)")
  }

  @Test func `the version is one line`() throws {
    let run = try MPIRun.start(["--version"])
    #expect(run.exitCode == 0)
    #expect(run.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test(arguments: [
    (["nonsense"], "Unexpected argument 'nonsense'; see moe-mlora --help"),
    (["help", "bogus"], "help: expected a command, found bogus; see moe-mlora --help"),
    (["help", "train", "x"], "help: expected a command, found x; see moe-mlora --help"),
    (["--nonsense"], "Unknown option '--nonsense'; see moe-mlora --help"),
    (["info", "more"], "Unexpected argument 'more'; see moe-mlora info --help"),
    (
      ["configuration", "--set"],
      "Missing value for '--set <key=value>'; see moe-mlora configuration --help"
    ),
    (
      ["configuration", "--text", "--set", "seed=1"],
      "expected --yaml or --deciding beside --config or --set, found --text; "
        + "see moe-mlora configuration --help"
    ),
  ])
  func `wrong usage is refused with a hint`(arguments: [String], message: String) throws {
    let run = try MPIRun.start(arguments)
    #expect(run.isRefusal)
    #expect(run.errorOutput == "moe-mlora: error: \(message)\n")
  }

  @Test(arguments: [["nonsense"], ["configuration", "--yaml", "--set", "a=b"], ["train"]])
  func `several ranks say once what is wrong, and the launcher adds nothing`(
    arguments: [String]
  ) throws {
    let alone = try MPIRun.start(arguments)
    let together = try MPIRun.start(arguments, ranks: 3)
    #expect(together.isRefusal, "\(together.report)")
    #expect(
      together.errorOutput.replacing(" on rank 0 of 3 (\(MPIRun.hostName))", with: "")
        == alone.errorOutput, "\(together.report)")
  }

  @Test(arguments: [["--help"], ["--version"], ["configuration", "--yaml"]])
  func `several ranks answer once`(arguments: [String]) throws {
    let alone = try MPIRun.start(arguments)
    let together = try MPIRun.start(arguments, ranks: 2)
    #expect(together.exitCode == 0, "\(together.report)")
    #expect(together.output == alone.output)
    #expect(together.errorOutput.isEmpty, "\(together.report)")
  }

  @Test func `a problem of one rank alone ends the job, and that rank tells it`() throws {
    let workplace = try Workplace()
    let dataset = try workplace.makeDataset()
    // Rank 1 is given another file, as where a file was copied to some machines only.
    let file = try workplace.write("seed: 1\n", to: "run.yaml")
    let script = #"f=$FILE; [ $OMPI_COMM_WORLD_RANK = 1 ] && f=/nowhere; exec "$0" "$@" "$f""#
    let run = try MPIRun.run(
      [
        "sh", "-c", #". "$0"; exec timeout 60 mpirun "$@""#, MPIRun.settings.path, "-np", "3", "sh",
        "-c", script, MPIRun.program, "benchmark", "--dataset", dataset, "--config",
      ], ["FILE": file])
    #expect(run.exitCode == 2, "\(run.report)")
    #expect(
      run.errorOutput
        == "moe-mlora: error on rank 1 of 3 (\(MPIRun.hostName)): /nowhere: cannot be read: "
        + "No such file or directory\n",
      "\(run.report)")
  }
}
