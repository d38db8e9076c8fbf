import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct InfoCommandTests {
  private let names = [
    "moe-mlora", "compiled for", "needs", "C compiler", "oneDNN", "MPI", "ranks", "MPI threads",
    "processor", "extensions", "system", "kernel",
  ]

  /// The values of a report by their names, which are followed by two spaces or more.
  private func facts(_ run: MPIRun) throws -> [(name: String, value: String)] {
    try run.output.split(separator: "\n").map { line in
      let match = try #require(line.wholeMatch(of: /(.+?)  +(.+)/), "\(run.report)")
      return (String(match.1), String(match.2))
    }
  }

  /// What a command prints in one line.
  private func answer(_ command: String...) throws -> String {
    let finished = try FinishedCommand(command)
    try #require(finished.exitCode == 0 && !finished.output.isEmpty, "\(finished.errorOutput)")
    return finished.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func `a report names versions, machine, ranks and threads`() throws {
    let run = try MPIRun.start(["info"])
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(run.errorOutput.isEmpty, "\(run.report)")
    let facts = try facts(run)
    #expect(facts.map(\.name) == names + ["rank 0"])
    let values = Dictionary(uniqueKeysWithValues: facts.map { ($0.name, $0.value) })
    #expect(values["MPI"]?.wholeMatch(of: /Open MPI v4.*; standard 3\.1/) != nil)
    // What the baseline x86-64-v3 adds last; builds for other processors need more.
    let needs = Set((values["needs"] ?? "").split(separator: " "))
    #expect(needs.isSuperset(of: ["avx2", "bmi2", "f16c", "fma", "lzcnt", "movbe"]))
    #expect(values["ranks"] == "1")
    #expect(values["MPI threads"] == "MPI not started: no launcher")
    #expect(
      values["rank 0"]?.wholeMatch(
        of: /\S+, \d+ of \d+ cores usable, 1 OpenMP thread for oneDNN, (.+)/)?.1
        .wholeMatch(
          of:
            /instruction set .+ of oneDNN, program SHA-256 [0-9a-f]{64}, oneDNN [0-9.]+, C library [0-9.]+/
        ) != nil,
      "\(run.report)")
    #expect(try values["kernel"] == answer("uname", "-r"))
    #expect(
      try values["processor"]
        == answer("sed", "-n", #"/^model name/{s/^[^:]*:[[:space:]]*//;p;q}"#, "/proc/cpuinfo"))
  }

  @Test(arguments: [1, 3])
  func `under mpirun it is written once, with a line for each rank`(ranks: Int) throws {
    let run = try MPIRun.start(["info"], ranks: ranks)
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(run.errorOutput.isEmpty, "\(run.report)")
    let facts = try facts(run)
    #expect(facts.map(\.name) == names + (0..<ranks).map { "rank \($0)" })
    let values = Dictionary(uniqueKeysWithValues: facts.map { ($0.name, $0.value) })
    #expect(values["ranks"] == "\(ranks)")
    #expect(values["MPI threads"] == "funneled")
    let host = ProcessInfo.processInfo.hostName.prefix { $0 != "." }
    #expect(values["rank \(ranks - 1)"]?.hasPrefix(host) == true, "\(run.report)")
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/taskset")))
  func `a report counts the cores that a rank is bound to`() throws {
    let run = try MPIRun.run(["taskset", "-c", "0", MPIRun.program, "info"])
    #expect(run.output.contains(/rank 0 .* 1 of \d+ cores usable/), "\(run.report)")
  }
}
