import Experiments
import Testing

@Suite struct ConfigurationFaultTests {
  @Test(arguments: [
    ("seed: -1", "1: seed: expected a whole number from 0 to 18446744073709551615, found -1"),
    (
      "model:\n  dropout: 1",
      "2: model.dropout: expected a number of at least 0 and below 1, found 1"
    ),
    (
      "model: {dropout: .nan}",
      "1: model.dropout: expected a number of at least 0 and below 1, found .nan"
    ),
    (
      "model: {dropout: nan}",
      "1: model.dropout: expected a number of at least 0 and below 1, found nan"
    ),
    (
      "model: {dropout: '0.5'}",
      "1: model.dropout: expected a number of at least 0 and below 1, found the text \"0.5\""
    ),
    (
      "model: {hidden: []}",
      "1: model.hidden: expected a list of 1 to 64 whole numbers from 1 to 65536, such as [64, 32], found the list []"
    ),
    (
      "model: {hidden: [8, 0]}",
      "1: model.hidden: expected a list of 1 to 64 whole numbers from 1 to 65536, such as [64, 32], found the list [8, 0]"
    ),
    (
      "model: {hidden: 8}",
      "1: model.hidden: expected a list of 1 to 64 whole numbers from 1 to 65536, such as [64, 32], found 8"
    ),
    ("model: {backbone: dcnn}", "1: model.backbone: expected \(backbones), found dcnn"),
    ("model: {backbone: {a: b}}", "1: model.backbone: expected \(backbones), found a mapping"),
    (
      "model: {experts: 0}",
      "1: model.experts: expected `perDomain` or a whole number from 1 to 4096, found 0"
    ),
    (
      "training: {checkpoint: {directory: ''}}",
      "1: training.checkpoint.directory: expected `run` or a path without quotation marks and control characters, found the text \"\""
    ),
    (
      "model: {embeddingWidth: 8.5}",
      "1: model.embeddingWidth: expected a whole number from 1 to 4096, found 8.5"
    ),
    (
      "model: {embeddingWidth: 99999999999999999999}",
      "1: model.embeddingWidth: expected a whole number from 1 to 4096, found 99999999999999999999"
    ),
    (
      "model: {embeddingWidth: }",
      "1: model.embeddingWidth: expected a whole number from 1 to 4096, found nothing"
    ),
    (
      "training:\n  learningRate: 0",
      "2: training.learningRate: expected a number from 1e-45 to 3.4e38 (single precision), found 0"
    ),
    (
      "training:\n  learningRate: 1e99",
      "2: training.learningRate: expected a number from 1e-45 to 3.4e38 (single precision), found 1e99"
    ),
    (
      "training:\n  learningRate: 1e-60",
      "2: training.learningRate: expected a number from 1e-45 to 3.4e38 (single precision), found 1e-60"
    ),
    (
      "training:\n  embeddingL2: 1e308",
      "2: training.embeddingL2: expected a number from 0 to 3.4e38 (single precision), found 1e308"
    ),
    (
      "training: {learningRate: 0x1p-3}",
      "1: training.learningRate: expected a number from 1e-45 to 3.4e38 (single precision), found 0x1p-3"
    ),
    (
      "training: {embeddingL2: -.inf}",
      "1: training.embeddingL2: expected a number from 0 to 3.4e38 (single precision), found -.inf"
    ),
    (
      "training: {gate: {globalBatch: 0}}",
      "1: training.gate.globalBatch: expected a whole number from 1 to 16777216, found 0"
    ),
    (
      "training: {shards: 0}",
      "1: training.shards: expected a whole number from 1 to 65536, found 0"
    ),
    (
      "\ntraining: {shards: 9, globalBatch: 4}",
      "2: training.shards: expected at most training.backbone.globalBatch, which is 4, found 9"
    ),
    (
      "training:\n  gate:\n    globalBatch: 7",
      "3: training.shards: expected at most training.gate.globalBatch, which is 7, found 8"
    ),
  ])
  func `an impossible value is named with its key, expectation and line`(
    yaml: String, message: String
  ) {
    #expect(fault(yaml) == "run.yaml:\(message)")
  }

  @Test(arguments: [
    ("droput: 1", "1: droput: unknown key, given 1; did you mean `model.dropout`?"),
    (
      "modle:\n  dropout: 1",
      "1: modle: unknown key, given a mapping; did you mean `model`?"
    ),
    ("modle: {}", "1: modle: unknown key, given a mapping; did you mean `model`?"),
    (
      "model:\n  Dropout: 0.1",
      "2: model.Dropout: unknown key, given 0.1; did you mean `model.dropout`?"
    ),
    (
      "training: {expert: {patience: 1}}",
      "1: training.expert: unknown key, given a mapping; did you mean `training.experts`?"
    ),
    (
      "zzzzzzzz: 1",
      "1: zzzzzzzz: unknown key, given 1; `moe-mlora configuration` lists the known ones"
    ),
    (
      "\"\": {seed: 1}",
      "1: : unknown key, given a mapping; `moe-mlora configuration` lists the known ones"
    ),
    (
      "<<: {seed: 1}",
      "1: <<: unknown key, given a mapping; `moe-mlora configuration` lists the known ones"
    ),
  ])
  func `an unknown key is answered with the nearest known one`(yaml: String, message: String) {
    #expect(fault(yaml) == "run.yaml:\(message)")
  }

  @Test(arguments: [
    ("seed: 1\nseed: 2", "2: invalid YAML: expected seed once, found it again"),
    (
      "model:\n  dropout: 0\n  hidden: [8]\n\n  \"dropout\" : 0.1\n",
      "5: invalid YAML: expected dropout once, found it again"
    ),
    (
      "training:\n  gate: {patience: 1}\n  patience: 2\n  experts: {patience: 1,\n    patience: 2}",
      "4: invalid YAML: expected patience once, found it again"
    ),
    ("model: {dropout: 0, dropout: 1}", "1: invalid YAML: expected dropout once, found it again"),
    (
      "model: {dropout: 0}\nmodel.dropout: 0.1",
      "2: model.dropout: expected once, found 0.1 after run.yaml:1"
    ),
    ("- seed", "1: expected a mapping of keys, found the list [seed]"),
    ("seed", "1: expected a mapping of keys, found seed"),
    ("model: 3", "1: model: expected a mapping of keys, found 3"),
    ("training:\nseed: 3", "1: training: expected a mapping of keys, found nothing"),
    ("model: [1]", "1: model: expected a mapping of keys, found the list [1]"),
    ("seed: &a 1", "1: seed: expected a value, found an anchor or an alias"),
    ("model: &a\n  dropout: 0", "1: model: expected a value, found an anchor or an alias"),
    (
      "model: {hidden: [&a 8, *a]}",
      "1: model.hidden: expected a value, found an anchor or an alias"
    ),
    ("seed: *a", "1: invalid YAML: found undefined alias"),
    ("seed: !!int 3", "1: seed: expected a value, found a tag"),
    ("seed: !!str 3", "1: seed: expected a value, found a tag"),
    ("model: !x {dropout: 0}", "1: model: expected a value, found a tag"),
    ("? [a, b]\n: 1", "1: expected a key, found the list [a, b]"),
    (
      "seed: 1\n---\nseed: 2",
      "2: invalid YAML: expected a single document in the stream, but found another document"
    ),
    (
      "seed: [1", "1: invalid YAML: while parsing a flow sequence, did not find expected ',' or ']'"
    ),
    (
      "seed: 1\n\tmodel: 2",
      "2: invalid YAML: while scanning a plain scalar, found a tab character that violates indentation"
    ),
  ])
  func `a document of another shape is refused with its line`(yaml: String, message: String) {
    #expect(fault(yaml) == "run.yaml:\(message)")
  }

  @Test(arguments: [
    ("seed", "--set: expected key=value, found \"seed\""),
    ("=3", "--set: expected key=value, found \"=3\""),
    ("", "--set: expected key=value, found \"\""),
    ("seed=", "--set: seed: expected a whole number from 0 to 18446744073709551615, found nothing"),
    (
      "model.dropout=NaN",
      "--set: model.dropout: expected a number of at least 0 and below 1, found NaN"
    ),
    (
      "model.hiden=8",
      "--set: model.hiden: unknown key, given 8; did you mean `model.hidden`?"
    ),
    (
      "trainning=8",
      "--set: trainning: unknown key, given 8; "
        + "did you mean a key of `training`, such as `training.shards`?"
    ),
    (
      "model.gat=features",
      "--set: model.gat: unknown key, given features; "
        + "did you mean a key of `model.gate`, such as `model.gate.input`?"
    ),
    ("model=8", "--set: model: expected a mapping of keys, found 8"),
    (
      "training.shards=2000",
      "--set: training.shards: expected at most training.backbone.globalBatch, which is 1024, found 2000"
    ),
    (
      "a\nb=\u{1B}[31m",
      "--set: a\\nb: unknown key, given \\u{1B}[31m; `moe-mlora configuration` lists the known ones"
    ),
  ])
  func `a faulty override is named`(override: String, message: String) {
    #expect(fault("", overrides: [override]) == message)
  }

  @Test(arguments: [
    (
      "model: {adaptation: compat, dropout: 0.3}", [],
      "run.yaml:1: model.dropout: expected 0.0, which is what model.adaptation compat uses, found 0.3"
    ),
    (
      "model.adaptation: compat\ntraining:\n  gate: {learningRate: 0.1}", [],
      "run.yaml:3: training.gate.learningRate: expected 0.001, which is what model.adaptation compat "
        + "uses, found 0.1"
    ),
    (
      "training: {experts: {patience: 4}}", ["model.adaptation=compat"],
      "run.yaml:1: training.experts.patience: expected 3, which is what model.adaptation compat uses, "
        + "found 4"
    ),
    (
      "", ["model.adaptation=compat", "training.patience=7", "training.gate.patience=5"],
      "--set: training.gate.patience: expected 7, which is what model.adaptation compat uses, found 5"
    ),
    ("", ["model.adaptation=compat", "training.patience=7", "training.gate.patience=7"], nil),
    ("", ["model.adaptation=compat", "training.backbone.patience=7"], nil),
    ("", ["model.adaptation=compat", "training.patience=7", "training.backbone.patience=9"], nil),
    ("model: {adaptation: compat, dropout: 0}", [], nil),
    ("model: {adaptation: compat, dropout: 0.5}", [], nil),
    ("model: {adaptation: moe, dropout: 0.3}", [], nil),
  ])
  func `a value that compat has no use for is refused where it was written by hand`(
    yaml: String, overrides: [String], message: String?
  ) {
    #expect(fault(yaml, overrides: overrides) == message)
  }

  @Test func `a complete file of compat is accepted with values it has no use for`() throws {
    var configuration = RunConfiguration()
    configuration.model.adaptation = .compat
    configuration.model.dropout = 0.3
    configuration.training.experts.patience = 9
    let text = configuration.yaml
    #expect(fault(text) == nil)
    #expect(fault(text, overrides: ["training.patience=4"]) == nil)
    #expect(
      fault(text, overrides: ["training.experts.patience=8"])
        == "--set: training.experts.patience: expected 3, which is what model.adaptation compat uses, "
        + "found 8")
  }

  @Test(arguments: [1, 79, 80, 81, 1000])
  func `a long path keeps its line`(length: Int) {
    let name = String(repeating: "x", count: length)
    #expect(throws: ExperimentError.self) { try RunConfiguration(yaml: "sed: 1", name: name) }
    do {
      _ = try RunConfiguration(yaml: "sed: 1", name: name)
    } catch {
      #expect("\(error)".hasPrefix("\(name):1: sed: unknown key, given 1;"))
    }
  }

  @Test func `an override given twice is an error`() {
    #expect(
      fault("", overrides: ["seed=1", "seed=1"]) == "--set: seed: expected once, found 1 and 1")
  }

  @Test func `a value set by a program is validated`() {
    var configuration = RunConfiguration()
    configuration.model.dropout = .nan
    #expect(throws: ExperimentError.self) { try configuration.validate() }
    configuration = RunConfiguration()
    configuration.training.experts.globalBatch = 7
    #expect(throws: ExperimentError.self) { try configuration.validate() }
  }

  @Test(arguments: [
    ("[", 101, ": expected at most 100 opening brackets, found 101"),
    ("- ", 501, ":1: expected a line of at most 1000 bytes, found 1002"),
    ("#\n", 32_769, ": expected at most 65536 bytes, found 65538"),
  ])
  func `text beyond the stated bounds is refused`(unit: String, count: Int, message: String) {
    #expect(fault(String(repeating: unit, count: count)) == "run.yaml\(message)")
  }

  @Test func `the deepest nesting within the bounds is refused without harm`() {
    let flow = String(repeating: "[", count: 100)
    let block = String(repeating: "- ", count: 499)
    let stairs = (0..<300).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
    for yaml in [flow, block, stairs, String(repeating: "? ", count: 499), "\(block)\(flow)"] {
      #expect(fault(yaml) != nil)
    }
  }
}

/// The closed list of backbones, as a message names it.
private let backbones = """
  `mlp`, `wdl`, `deepfm`, `nfm`, `pnn`, `dcn`, `autoint`, `xdeepfm`, `fibinet`, `sharedBottom`, \
  `mmoe`, `ple` or `star`
  """
