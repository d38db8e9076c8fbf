import Foundation
import TestSupport
import Testing

/// Commands that open a dataset, given one that they cannot use.
@Suite(.serialized) struct BadDatasetTests {
  private let workplace: Workplace
  private let dataset: String

  init() throws {
    workplace = try Workplace()
    dataset = try workplace.makeDataset()
  }

  @Test(arguments: ["train", "benchmark"], [nil, 3])
  func `a missing directory is refused`(command: String, ranks: Int?) throws {
    let path = workplace.path("nothing")
    let output = command == "train" ? ["--output", workplace.path("run")] : []
    try expectRefusal(
      of: [command, "--dataset", path] + output,
      "cannot open \(path)/dataset.json: No such file or directory", ranks: ranks, in: workplace)
  }

  @Test(arguments: [nil, 2])
  func `a description that is no JSON is refused`(ranks: Int?) throws {
    try workplace.change("data/dataset.json") { $0 = $0.prefix($0.count / 2) }
    let run = try MPIRun.start(workplace.training(dataset), ranks: ranks)
    #expect(run.isRefusal, "\(run.report)")
    #expect(
      run.errorOutput.contains(
        "\(dataset)/dataset.json: expected a dataset's description, found "), "\(run.report)")
  }

  @Test func `a description that contradicts itself is refused`() throws {
    let text = try workplace.text("data/dataset.json")
    let changed = text.replacing("\"synthetic_1\"", with: "\"synthetic_2\"", maxReplacements: 1)
    try #require(changed != text)
    try workplace.write(changed, to: "data/dataset.json")
    let run = try MPIRun.start(workplace.training(dataset))
    #expect(run.isRefusal, "\(run.report)")
    #expect(
      run.errorOutput.contains("\(dataset)/dataset.json: expected domains named "),
      "\(run.report)")
  }

  @Test(arguments: [nil, 2])
  func `a column of the wrong size is refused`(ranks: Int?) throws {
    let file = "data/domain_0/train/uid.npy"
    let size = try workplace.bytes(file).count
    try workplace.change(file) { $0.removeLast() }
    try expectRefusal(
      of: workplace.training(dataset),
      "\(workplace.path(file)): expected \((size - 128) / 4) numbers of 4 bytes from byte 128, "
        + "found \(size - 1) bytes in all", ranks: ranks, in: workplace)
  }

  @Test(arguments: [nil, 2])
  func `a missing column is refused`(ranks: Int?) throws {
    try workplace.remove("data/domain_1/test/label.npy")
    try expectRefusal(
      of: workplace.training(dataset),
      "cannot open \(dataset)/domain_1/test/label.npy: No such file or directory", ranks: ranks,
      in: workplace)
  }

  @Test func `an id out of range is refused`() throws {
    try workplace.change("data/domain_0/test/pid.npy") { $0[$0.endIndex - 4] = 200 }
    let run = try MPIRun.start(workplace.training(dataset))
    #expect(run.isRefusal, "\(run.report)")
    #expect(run.errorOutput.contains("domain_0/test/pid.npy: expected "), "\(run.report)")
  }

  @Test(arguments: ["train", "benchmark"])
  func `more ranks than shards are refused by key`(command: String) throws {
    let output = command == "train" ? ["--output", workplace.path("run")] : []
    try expectRefusal(
      of: [command, "--dataset", dataset, "--set", "training.shards=2"] + output,
      "3 ranks cannot share training.shards = 2: expected at most one rank per shard; "
        + "start fewer ranks or raise training.shards (which changes results)",
      ranks: 3, in: workplace)
  }

  @Test(arguments: [nil, 3])
  func `a run's directory that is taken is refused`(ranks: Int?) throws {
    try workplace.write("mine", to: "run/notes.txt")
    try expectRefusal(
      of: workplace.training(dataset),
      "\(workplace.path("run")): expected a new or empty directory, found notes.txt in it",
      ranks: ranks, in: workplace)
    #expect(try workplace.text("run/notes.txt") == "mine")
  }

  @Test(arguments: [nil, 2])
  func `a directory below a file is refused`(ranks: Int?) throws {
    let file = try workplace.write("", to: "file")
    try expectRefusal(
      of: workplace.training(dataset, output: "file/run"),
      "\(file): expected a directory, found a file", ranks: ranks, in: workplace)
    try expectRefusal(
      of: ["synthesize", "--output", "\(file)/data"],
      "\(file): expected a directory for the output, found a file", ranks: ranks, in: workplace)
  }

  @Test(arguments: ["--epochs", "--steps"], ["0", "-1"])
  func `a benchmark of no epoch or no step is refused`(option: String, count: String) throws {
    try expectRefusal(
      of: ["benchmark", "--dataset", dataset, option, count],
      "\(option): expected a number above 0, found \(count); see moe-mlora benchmark --help",
      in: workplace)
  }

  @Test(arguments: ["experts", "gate"])
  func `a phase that a model has not is refused`(phase: String) throws {
    try expectRefusal(
      of: [
        "benchmark", "--dataset", dataset, "--phase", phase, "--set", "model.adaptation=mlora",
      ],
      "--phase: expected a phase of model.adaptation=mlora, found \(phase)", in: workplace)
  }
}
