import Experiments
import Foundation
import TestSupport
import Testing

/// Ranks of one job that were not given the same.
@Suite(.serialized) struct AgreementTests {
  private let workplace: Workplace
  private let dataset: String

  init() throws {
    workplace = try Workplace()
    dataset = try workplace.makeDataset()
  }

  /// The command that trains in a moment, or measures such a training.
  private func command(
    _ name: String = "train", _ settings: [String] = [], program: String = MPIRun.program,
    dataset: String? = nil, output: String = "run"
  ) -> [String] {
    let settings = (Workplace.quickSettings + settings).flatMap { ["--set", $0] }
    let options =
      name == "train" ? ["--output", workplace.path(output), "--quiet"] : ["--epochs", "1"]
    return [program, name, "--dataset", dataset ?? self.dataset] + options + settings
  }

  /// Trains with other settings; returns the run's path.
  private func makeRun(_ name: String, _ settings: [String]) throws -> String {
    let run = try MPIRun.start(workplace.training(dataset, output: name, settings))
    try #require(run.exitCode == 0, "\(run.report)")
    return workplace.path(name)
  }

  /// Expects that two ranks with different commands end with one line.
  private func expectDifference(
    of first: [String], and second: [String], _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let run = try MPIRun.start([
      (1, [MPIRun.program] + first, [:]), (1, [MPIRun.program] + second, [:]),
    ])
    let host = MPIRun.hostName
    #expect(run.exitCode == 2, "\(run.report)", sourceLocation: sourceLocation)
    #expect(run.problems.count == 1, "\(run.report)", sourceLocation: sourceLocation)
    #expect(run.output.isEmpty, "\(run.report)", sourceLocation: sourceLocation)
    #expect(
      run.problems.first?.hasPrefix(
        "moe-mlora: error on rank 0 of 2 (\(host)): rank 1 (\(host)) has another \(message)")
        == true,
      "\(run.report)", sourceLocation: sourceLocation)
  }

  /// Expects that ranks 0 and 1 train and rank 2 does something else, which rank 0 tells, and that no
  /// training begins.
  private func expectDifference(
    _ command: [String], of other: [String], with environment: [String: String] = [:],
    _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let run = try MPIRun.start([(2, command, [:]), (1, other, environment)])
    let host = MPIRun.hostName
    let problem = run.problems.first ?? ""
    #expect(run.exitCode == 2, "\(run.report)", sourceLocation: sourceLocation)
    #expect(run.problems.count == 1, "\(run.report)", sourceLocation: sourceLocation)
    #expect(
      problem.hasPrefix(
        "moe-mlora: error on rank 0 of 3 (\(host)): rank 2 (\(host)) has another \(message)"),
      "\(run.report)", sourceLocation: sourceLocation)
    #expect(
      !FileManager.default.fileExists(atPath: workplace.path("run")),
      sourceLocation: sourceLocation)
  }

  @Test(arguments: ["train", "benchmark"])
  func `a rank with another configuration is named, with the key`(name: String) throws {
    try expectDifference(
      command(name), of: command(name, ["training.gate.learningRate=0.5"]),
      "configuration than rank 0 (\(MPIRun.hostName)): expected training.gate.learningRate: 0.001, "
        + "found training.gate.learningRate: 0.5; start all ranks with the same options")
  }

  @Test func `a rank with another seed is named`() throws {
    try expectDifference(
      command(), of: command("train", ["seed=4"]),
      "configuration than rank 0 (\(MPIRun.hostName)): expected seed: 123, found seed: 4; ")
  }

  @Test func `a rank with another dataset is named`() throws {
    let other = try workplace.makeDataset("other", seed: 9)
    try expectDifference(
      command(), of: command(dataset: other),
      "dataset than rank 0 (\(MPIRun.hostName)): expected fingerprint ")
  }

  @Test func `a rank on a processor with another instruction set is named`() throws {
    try expectDifference(
      command(), of: command(), with: ["ONEDNN_MAX_CPU_ISA": "SSE41"],
      "processor than rank 0 (\(MPIRun.hostName)): expected instruction set ")
  }

  @Test func `a rank with another build is named`() throws {
    let other = try workplace.copyProgram()
    try workplace.change(other) { $0.append(0) }
    try expectDifference(
      command(), of: command(program: workplace.path(other)),
      "build than rank 0 (\(MPIRun.hostName)): expected program SHA-256 ")
  }

  @Test func `a first rank that is the only one to differ is named`() throws {
    let run = try MPIRun.start([
      (1, command("train", ["model.experts=3"]), [:]), (2, command(), [:]),
    ])
    let host = MPIRun.hostName
    #expect(run.exitCode == 2, "\(run.report)")
    #expect(
      run.errorOutput.contains(
        "rank 0 (\(host)) has another configuration than rank 1 (\(host)): "
          + "expected model.experts: none, found model.experts: 3; "), "\(run.report)")
  }

  @Test func `a rank with a damaged dataset is named, and the launcher adds nothing`() throws {
    let other = try workplace.makeDataset("other")
    try workplace.change("other/domain_0/train/uid.npy") { $0[$0.endIndex - 4] ^= 1 }
    let run = try MPIRun.start([(2, command(), [:]), (1, command(dataset: other), [:])])
    #expect(run.isRefusal, "\(run.report)")
    #expect(
      run.errorOutput.hasPrefix(
        "moe-mlora: error on rank 2 of 3 (\(MPIRun.hostName)): \(other)/domain_0/train/uid.npy: "
          + "expected SHA-256 "), "\(run.report)")
  }

  @Test func `ranks with other commands are told so, whatever the commands`() throws {
    let (host, train) = (MPIRun.hostName, Array(command().dropFirst()))
    let than = "command than rank 0 (\(host))"
    let remedy = "start all ranks with the same command and the same options"
    try expectDifference(of: train, and: ["info"], "\(than): expected train, found info; \(remedy)")
    try expectDifference(of: ["info"], and: train, "\(than): expected info, found train; \(remedy)")
    try expectDifference(
      of: train, and: ["--help"], "\(than): expected train, found --help; \(remedy)")
    try expectDifference(
      of: ["info"], and: ["models"], "\(than): expected info, found models; \(remedy)")
    #expect(!FileManager.default.fileExists(atPath: workplace.path("run")))
    let run = try makeRun("run", ["model.adaptation=none"])
    try expectDifference(
      of: Array(command(output: "other").dropFirst()), and: ["evaluate", run],
      "\(than): expected train, found evaluate; ")
  }

  @Test(arguments: [
    (["--epochs", "2"], "--epochs 1", "--epochs 2"),
    (["--steps", "3"], "--steps not given", "--steps 3"),
    (["--phase", "gate"], "--phase backbone", "--phase gate"),
  ])
  func `measurements of other lengths or phases are told`(
    options: [String], expected: String, found: String
  ) throws {
    let settings = Workplace.quickSettings.flatMap { ["--set", $0] }
    let measure = ["benchmark", "--dataset", dataset] + settings
    let first = measure + (options[0] == "--epochs" ? ["--epochs", "1"] : [])
    try expectDifference(
      of: first, and: measure + options,
      "command than rank 0 (\(MPIRun.hostName)): expected \(expected), found \(found); ")
  }

  @Test func `plans and checks of other lengths are told`() throws {
    let plan = ["plan", "--dataset", dataset, "--check", "--steps"]
    try expectDifference(
      of: plan + ["5"], and: plan + ["6"],
      "command than rank 0 (\(MPIRun.hostName)): expected --steps 5, found --steps 6; ")
  }

  @Test func `a rank with another directory for the run is named`() throws {
    try expectDifference(
      command(), of: command(output: "other"),
      "command than rank 0 (\(MPIRun.hostName)): expected --output \(workplace.path("run")), "
        + "found --output \(workplace.path("other")); ")
    try expectDifference(
      command(), of: command() + ["--overwrite"],
      "command than rank 0 (\(MPIRun.hostName)): expected no more, found --overwrite; ")
    #expect(!FileManager.default.fileExists(atPath: workplace.path("other")))
  }

  @Test func `ranks that evaluate other models, rows or data are told so, and print no figures`()
    throws
  {
    let first = try makeRun("first", ["seed=1"])
    let second = try makeRun("second", ["seed=2"])
    let host = MPIRun.hostName
    let digests = try [first, second].map {
      try RunDirectory(existing: $0).results().parametersSHA256
    }
    let evaluate = ["evaluate", first, "--dataset", dataset]
    try expectDifference(
      of: evaluate, and: ["evaluate", second, "--dataset", dataset],
      "checkpoint than rank 0 (\(host)): expected SHA-256 of the parameters \(digests[0]), "
        + "found SHA-256 of the parameters \(digests[1]); ")
    try expectDifference(
      of: evaluate, and: evaluate + ["--split", "train"],
      "command than rank 0 (\(host)): expected --split test, found --split train; ")
    let other = try workplace.makeDataset("other", seed: 9)
    try expectDifference(
      of: evaluate, and: ["evaluate", first, "--dataset", other],
      "dataset than rank 0 (\(host)): expected fingerprint ")
  }

  @Test func `ranks may evaluate copies of a run and of a dataset`() throws {
    let first = try makeRun("first", [])
    try FileManager.default.copyItem(atPath: first, toPath: workplace.path("copy"))
    try FileManager.default.copyItem(atPath: dataset, toPath: workplace.path("rows"))
    let run = try MPIRun.start([
      (1, [MPIRun.program, "evaluate", first], [:]),
      (
        1,
        [
          MPIRun.program, "evaluate", workplace.path("copy"), "--dataset", workplace.path("rows"),
        ], [:]
      ),
    ])
    #expect(run.exitCode == 0, "\(run.report)")
    #expect(try run.output == MPIRun.start(["evaluate", first]).output)
  }

  @Test func `a rank that evaluates with another instruction set is named`() throws {
    let run = try makeRun("run", ["model.adaptation=none"])
    let evaluate = [MPIRun.program, "evaluate", run]
    let result = try MPIRun.start([
      (1, evaluate, [:]), (1, evaluate, ["ONEDNN_MAX_CPU_ISA": "SSE41"]),
    ])
    #expect(result.exitCode == 2 && result.output.isEmpty, "\(result.report)")
    #expect(
      result.problems.first?.contains("has another processor than") == true, "\(result.report)")
  }

  @Test func `ranks need not agree on when they lose patience`() throws {
    let run = try MPIRun.start([
      (1, command(), [:]), (1, command("train", ["training.stallTimeout=0"]), [:]),
    ])
    #expect(run.exitCode == 0, "\(run.report)")
  }
}
