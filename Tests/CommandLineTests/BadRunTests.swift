import Experiments
import Foundation
import TestSupport
import Testing

/// `evaluate` and `predict` with runs and requests that they cannot use.
@Suite(.serialized) struct BadRunTests {
  private let workplace: Workplace
  private let run: String

  init() throws {
    workplace = try Workplace()
    run = try workplace.makeRun(["model.adaptation=none"])
    try workplace.write("uid,pid,domain\n1,2,0\n", to: "rows.csv")
  }

  private var unfinished: String {
    "\(run): expected a finished run, found no results.json in it; one that was interrupted goes on "
      + "with train --resume"
  }

  private var predict: [String] {
    [
      "predict", run, "--input", workplace.path("rows.csv"), "--output",
      workplace.path("answers.csv"),
    ]
  }

  @Test(arguments: [nil, 2])
  func `a directory that is no run is refused`(ranks: Int?) throws {
    let data = workplace.path("data")
    try expectRefusal(
      of: ["evaluate", data],
      "\(data): expected the directory of a run, found no config.yaml in it", ranks: ranks,
      in: workplace)
  }

  @Test(arguments: [nil, 2])
  func `a run without results has no dataset to be evaluated on`(ranks: Int?) throws {
    try workplace.remove("run/results.json")
    try expectRefusal(
      of: ["evaluate", run], unfinished,
      ranks: ranks, in: workplace)
  }

  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      ("config.yaml", "cannot be read: Not a regular file"),
      ("results.json", "expected the figures of a run, found Not a regular file"),
      (
        "dataset.json",
        "expected name, fingerprint and directory of a run's data, found Not a regular file"
      ),
      ("metrics.jsonl", "expected a regular file, found a pipe"),
      ("run.lock", "expected a regular file, found a pipe"),
      ("config.yaml.partial", "expected a regular file, found a pipe"),
      ("results.json.partial", "expected a regular file, found a pipe"),
      ("checkpoints/final.safetensors", "expected a regular file, found a pipe"),
      ("checkpoints/final.safetensors.partial", "expected a regular file, found a pipe"),
    ])
  func `a pipe in place of a run's file is refused at once`(file: String, reason: String) throws {
    if file != "results.json" { try workplace.remove("run/results.json") }
    if !file.hasSuffix(".partial") { try workplace.remove("run/\(file)") }
    try #require(unsafe mkfifo("\(run)/\(file)", 0o600) == 0)
    try expectRefusal(
      of: ["train", "--resume", run], "\(run)/\(file): \(reason)", in: workplace)
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["a pipe", "a link"])
  func `what is no file where a new run begins is refused at once`(kind: String) throws {
    let output = workplace.path("other")
    try FileManager.default.createDirectory(
      atPath: "\(output)/checkpoints", withIntermediateDirectories: true)
    let (place, notes) = ("\(output)/config.yaml.partial", workplace.path("notes.txt"))
    try Data("notes".utf8).write(to: URL(filePath: notes))
    if kind == "a pipe" {
      try #require(unsafe mkfifo(place, 0o600) == 0)
    } else {
      try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: notes)
    }
    try expectRefusal(
      of: workplace.training(workplace.path("data"), output: "other", []),
      "\(output): expected a new or empty directory, found checkpoints in it", in: workplace)
    #expect(try workplace.text("notes.txt") == "notes")
  }

  @Test(arguments: ["evaluate", "predict"], [nil, 2])
  func `a run that did not finish is refused`(command: String, ranks: Int?) throws {
    try workplace.remove("run/results.json")
    try workplace.remove("run/checkpoints/final.safetensors")
    let evaluate = ["evaluate", run, "--dataset", workplace.path("data")]
    try expectRefusal(
      of: command == "evaluate" ? evaluate : predict,
      unfinished, ranks: ranks, in: workplace)
  }

  @Test(arguments: ["evaluate", "predict"], [nil, 2])
  func `a checkpoint with a flipped byte is refused`(command: String, ranks: Int?) throws {
    try workplace.change("run/checkpoints/final.safetensors") { bytes in
      bytes[bytes.endIndex - 7] ^= 1
    }
    let result = try MPIRun.start(
      command == "evaluate" ? ["evaluate", run] : predict, ranks: ranks)
    #expect(result.isRefusal, "\(result.report)")
    #expect(
      result.errorOutput.contains("\(run)/checkpoints/final.safetensors: __metadata__.sha256: "),
      "\(result.report)")
    #expect(try !workplace.contents().contains { $0.hasPrefix("answers.csv") })
  }

  @Test(arguments: ["evaluate", "predict"], [nil, 2])
  func `a checkpoint of another run is refused`(command: String, ranks: Int?) throws {
    let other = workplace.training(
      workplace.path("data"), output: "other", ["model.adaptation=none", "seed=5"])
    let training = try MPIRun.start(other)
    try #require(training.exitCode == 0, "\(training.report)")
    let digests = try ["run", "other"].map {
      try RunDirectory(existing: workplace.path($0)).results().parametersSHA256
    }
    let file = "checkpoints/final.safetensors"
    let bytes = try workplace.bytes("other/\(file)")
    try workplace.change("run/\(file)") { $0 = bytes }
    try expectRefusal(
      of: command == "evaluate" ? ["evaluate", run] : predict,
      "\(run)/\(file): __metadata__.sha256: expected \(digests[0]), as \(run)/results.json says, "
        + "found \(digests[1])", ranks: ranks, in: workplace)
  }

  @Test func `a missing checkpoint is refused`() throws {
    try workplace.remove("run/checkpoints/final.safetensors")
    try expectRefusal(
      of: ["evaluate", run],
      "\(run)/checkpoints/final.safetensors: open: No such file or directory", in: workplace)
  }

  @Test(arguments: [
    ("hidden: [8]", "hidden: [65536, 65536]"), ("embeddingWidth: 4", "embeddingWidth: 4096"),
  ])
  func `a configuration of another model than the checkpoint's is refused`(
    old: String, new: String
  ) throws {
    let text = try workplace.text("run/config.yaml")
    try workplace.write(text.replacing(old, with: new), to: "run/config.yaml")
    let result = try MPIRun.start(["evaluate", run])
    #expect(result.isRefusal, "\(result.report)")
    #expect(
      result.errorOutput.contains("final.safetensors: tower.0.weight: expected shape ["),
      "\(result.report)")
  }

  @Test func `data of other fields is refused`() throws {
    let synthesis = try MPIRun.start([
      "synthesize", "--domains", "3", "--samples", "400", "--output", workplace.path("other"),
    ])
    #expect(synthesis.exitCode == 0, "\(synthesis.report)")
    let result = try MPIRun.start(["evaluate", run, "--dataset", workplace.path("other")])
    #expect(result.isRefusal, "\(result.report)")
    #expect(
      result.errorOutput.contains("other/dataset.json: expected the model's fields (uid below 20"),
      "\(result.report)")
  }

  @Test(arguments: [
    ("", ": expected at least one record, found an empty file"),
    ("uid,domain\n1,0\n", ":1: expected one column pid, found none"),
    ("uid,pid,pid,domain\n1,2,2,0\n", ":1: expected one column pid, found 2"),
    (
      "uid,pid,domain,probability\n1,2,0,0.5\n",
      ":1: expected no column probability yet, found one"
    ),
    ("uid,pid,domain\n1,2,0\n1,15,0\n", ":3: expected pid, a number in 0...14, found '15'"),
    ("uid,pid,domain\n1,2,2\n", ":2: expected domain, a number in 0...1, found '2'"),
    ("uid,pid,domain\n1,-2,0\n", ":2: expected pid, a number in 0...14, found '-2'"),
    ("uid,pid,domain\n1,,0\n", ":2: expected pid, a number in 0...14, found an empty field"),
    ("uid,pid,domain\n1;2;0\n", ":2: expected 3 fields separated by ',', found 1"),
    (
      "uid,pid,domain\n1,2",
      ":2: expected a newline at the end, found the end of the file"
    ),
  ])
  func `a faulty request is refused with its line`(text: String, message: String) throws {
    let file = try workplace.write(text, to: "rows.csv")
    try expectRefusal(of: predict, file + message, in: workplace)
  }

  @Test(arguments: [nil, 3])
  func `a missing request is refused`(ranks: Int?) throws {
    try workplace.remove("rows.csv")
    try expectRefusal(
      of: predict, "cannot open \(workplace.path("rows.csv")): No such file or directory",
      ranks: ranks, in: workplace)
  }

  @Test(arguments: [nil, 2])
  func `a file for figures that cannot be is refused before the evaluation`(ranks: Int?) throws {
    let folder = workplace.path("data")
    try expectRefusal(
      of: ["evaluate", run, "--json", folder],
      "\(folder): expected a regular file or nothing at the output path, found a directory",
      ranks: ranks, in: workplace)
  }

  @Test(arguments: [nil, 2])
  func `an output that is the input is refused, under another name as well`(ranks: Int?) throws {
    let rows = workplace.path("rows.csv")
    let other = workplace.path("run/../rows.csv")
    try expectRefusal(
      of: ["predict", run, "--input", rows, "--output", other],
      "--output: expected another file than --input, found \(other)", ranks: ranks, in: workplace)
    #expect(try workplace.text("rows.csv") == "uid,pid,domain\n1,2,0\n")
  }

  @Test func `an output that is a link or a pipe is refused, not replaced`() throws {
    let link = workplace.path("link")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: workplace.path("elsewhere"))
    for arguments in [
      ["predict", run, "--input", workplace.path("rows.csv"), "--output", link],
      ["evaluate", run, "--json", link],
    ] {
      let outcome = try MPIRun.start(arguments)
      #expect(outcome.exitCode == 2, "\(outcome.report)")
      #expect(
        outcome.errorOutput.hasSuffix(
          "\(link): expected a regular file or nothing at the output path, found a symbolic link\n")
      )
    }
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link).hasSuffix("elsewhere"))
  }
}
