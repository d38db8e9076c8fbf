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
    dataset: String? = nil
  ) -> [String] {
    let settings = (Workplace.quickSettings + settings).flatMap { ["--set", $0] }
    let options =
      name == "train" ? ["--output", workplace.path("run"), "--quiet"] : ["--epochs", "1"]
    return [program, name, "--dataset", dataset ?? self.dataset] + options + settings
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

  @Test func `ranks need not agree on when they lose patience`() throws {
    let run = try MPIRun.start([
      (1, command(), [:]), (1, command("train", ["training.stallTimeout=0"]), [:]),
    ])
    #expect(run.exitCode == 0, "\(run.report)")
  }
}
