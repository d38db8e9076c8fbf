import TestSupport
import Testing

/// Values of the command line and of configuration files that cannot be.
@Suite(.serialized) struct BadSettingTests {
  private let workplace: Workplace

  init() throws { workplace = try Workplace() }

  @Test(arguments: [
    (["--domains", "0"], "--domains: expected a value in 1...4096, found 0"),
    (["--domains", "-1"], "--domains: expected a value in 1...4096, found -1"),
    (["--samples", "-5"], "--samples: expected a value in 4...2147483647, found -5"),
    (["--users", "3"], "--users: expected a value in 4...2147483647, found 3"),
    (["--items", "0"], "--items: expected a value in 1...2147483647, found 0"),
    (["--size-ratio", "nan"], "--size-ratio: expected a value in 0.001...1000.0, found nan"),
    (
      ["--shift-deviation", "inf"], "--shift-deviation: expected a value in 0.0...100.0, found inf"
    ),
    (
      ["--shared-deviation", "-1"],
      "--shared-deviation: expected a value in 0.0...100.0, found -1.0"
    ),
    (
      ["--popularity-exponent", "11"],
      "--popularity-exponent: expected a value in 0.0...10.0, found 11.0"
    ),
    (
      ["--domains", "2", "--ctr", "0", "0.5"],
      "--ctr: expected a value in 0.001...0.999, found 0.0"
    ),
    (
      ["--domains", "2", "--ctr", "nan", "0.5"],
      "--ctr: expected a value in 0.001...0.999, found nan"
    ),
    (
      ["--domains", "2", "--sizes", "1", "0"],
      "--sizes: expected a value in 1e-09...1000000000.0, found 0.0"
    ),
    (
      ["--domains", "3", "--sizes", "1", "2"],
      "--sizes: expected 3 values, one for each domain, found 2; see moe-mlora synthesize --help"
    ),
    (
      ["--domains", "2", "--ctr", "0.2"],
      "--ctr: expected 2 values, one for each domain, found 1; see moe-mlora synthesize --help"
    ),
    (
      ["--samples", "many"],
      "The value 'many' is invalid for '--samples <samples>': expected a whole number of at most "
        + "9223372036854775807; see moe-mlora synthesize --help"
    ),
    (
      ["--items", "99999999999999999999"],
      "The value '99999999999999999999' is invalid for '--items <items>': expected a whole number "
        + "of at most 9223372036854775807; see moe-mlora synthesize --help"
    ),
    (
      ["--seed", "-1"],
      "The value '-1' is invalid for '--seed <seed>': expected a whole number from 0 to "
        + "18446744073709551615; see moe-mlora synthesize --help"
    ),
    (
      ["--size-ratio", "1:2"],
      "The value '1:2' is invalid for '--size-ratio <size-ratio>': expected a number; "
        + "see moe-mlora synthesize --help"
    ),
    (
      ["--domains", "2", "--sizes", "1,2"],
      "The value '1,2' is invalid for '--sizes <sizes>': expected numbers with spaces between them; "
        + "see moe-mlora synthesize --help"
    ),
    (
      ["--domains", "2", "--ctr", "0.1,0.2"],
      "The value '0.1,0.2' is invalid for '--ctr <ctr>': expected numbers with spaces between them; "
        + "see moe-mlora synthesize --help"
    ),
    (
      ["--samples", "10", "--users", "10", "--items", "5"],
      "domain 0 (synthetic_0), train split: expected rows of both labels, "
        + "found 2 rows with 0 positives"
    ),
  ])
  func `data that cannot be made is refused`(options: [String], message: String) throws {
    try expectRefusal(
      of: ["synthesize", "--output", workplace.path("data")] + options, message, in: workplace)
  }

  @Test(arguments: ["--samples", "--users", "--items"])
  func `data that do not fit into memory are refused by the option that takes most`(
    option: String
  ) throws {
    let script = #"ulimit -v 3000000; exec "$0" "$@""#
    let run = try MPIRun.run(
      ["sh", "-c", script, MPIRun.program, "synthesize", "--output", workplace.path("data")]
        + [option, "2147483647"])
    #expect(run.isRefusal, "\(run.report)")
    #expect(
      run.errorOutput.hasPrefix(
        "moe-mlora: error: \(option): expected a number whose data fit into 3.1 GB of memory, "
          + "found 2147483647, with at least "), "\(run.report)")
    #expect(try workplace.contents() == [])
  }

  @Test(arguments: [
    (
      ["model.dropout=nan"],
      "model.dropout: expected a number of at least 0 and below 1, found nan"
    ),
    (
      ["training.learningRate=nan"],
      "training.learningRate: expected a number from 1e-45 to 3.4e38 (single precision), found nan"
    ),
    (
      ["model.backbone=mlpp"],
      """
      model.backbone: expected `mlp`, `wdl`, `deepfm`, `nfm`, `pnn`, `dcn`, `autoint`, `xdeepfm`, \
      `fibinet`, `sharedBottom`, `mmoe`, `ple` or `star`, found mlpp
      """
    ),
    (
      ["model.backbone=star"],
      "model.adaptation: expected none with model.backbone star, found moe"
    ),
    (
      ["model.backbone=ple", "model.adaptation=none", "model.hidden=[8]"],
      "model.hidden: expected two layers or more with model.backbone ple, found [8]"
    ),
    (
      ["model.adaptation=compat", "training.evaluationsPerEpoch=2"],
      "training.evaluationsPerEpoch: expected 1 with model.adaptation compat, found 2"
    ),
    (
      ["model.adaptation=compat", "training.backbone.evaluationsPerEpoch=3"],
      "training.backbone.evaluationsPerEpoch: expected 1 with model.adaptation compat, found 3"
    ),
    (
      ["model.adaptation=compat", "model.gate.input=features"],
      "model.gate.input: expected domain with model.adaptation compat, found features"
    ),
    (
      ["model.adaptation=compat", "model.gate.initialisation=ownDomain"],
      "model.gate.initialisation: expected random with model.adaptation compat, found ownDomain"
    ),
    (
      ["model.adaptation=compat", "model.dropout=0.3"],
      "model.dropout: expected 0.0, which is what model.adaptation compat uses, found 0.3"
    ),
    (
      ["model.adaptation=compat", "training.experts.patience=9"],
      "training.experts.patience: expected 3, which is what model.adaptation compat uses, found 9"
    ),
    (
      ["model.backbone=mmoe", "model.adaptation=none", "model.hidden=[8]"],
      "model.hidden: expected two layers or more with model.backbone mmoe, found [8]"
    ),
    (["model.dropuot=0.1"], "model.dropuot: unknown key, given 0.1; did you mean `model.dropout`?"),
    (["seed=1", "seed=2"], "seed: expected once, found 1 and 2"),
    (["seed"], "expected key=value, found \"seed\""),
    (
      ["training.shards=9", "training.globalBatch=8"],
      "training.shards: expected at most training.backbone.globalBatch, which is 8, found 9"
    ),
  ])
  func `an impossible override is refused by key`(overrides: [String], message: String) throws {
    try expectRefusal(
      of: train(overrides.flatMap { ["--set", $0] }), "--set: \(message)", in: workplace)
  }

  @Test(arguments: [
    (
      ["model.hidden=[65536,65536]"],
      "model.hidden, model.embeddingWidth: expected a model of at most 2147483647 parameters, "
        + "found 5907808688, most of them in the tower"
    ),
    (
      ["model.hidden=[65536]", "model.experts=4096", "model.adapterReduction=1"],
      "model.experts, model.hidden, model.adapterReduction: expected a model of at most 2147483647 "
        + "parameters, found 17598898655632, most of them in the adapters"
    ),
    (
      ["model.adaptation=mlora", "model.hidden=[65536]", "model.adapterReduction=1"],
      "model.hidden, model.adapterReduction: expected a model of at most 2147483647 parameters, "
        + "found 8594915712, most of them in the adapters"
    ),
  ])
  func `a model that is too large is refused by its keys`(
    settings: [String], message: String
  ) throws {
    _ = try workplace.makeDataset()
    let options = settings.flatMap { ["--set", $0] }
    try expectRefusal(of: train(options), message, in: workplace)
    let benchmark = ["benchmark", "--dataset", workplace.path("data")] + options
    try expectRefusal(of: benchmark, message, in: workplace)
  }

  @Test(arguments: [nil, 3])
  func `a training that does not fit into memory is refused by its keys`(ranks: Int?) throws {
    _ = try workplace.makeDataset()
    // The tree over so many shards has 17 levels, each with 8 GB of gradients.
    let settings = [
      "training.globalBatch=65536", "training.shards=65536", "model.hidden=[46000, 46000]",
      "model.adaptation=none",
    ]
    let run = try MPIRun.start(train(settings.flatMap { ["--set", $0] }), ranks: ranks)
    #expect(run.isRefusal, "\(run.report)")
    #expect(
      run.errorOutput.contains(
        "training.globalBatch, training.shards, model.hidden: expected a training that fits into"),
      "\(run.report)")
  }

  @Test func `an impossible override is refused once on several ranks`() throws {
    try expectRefusal(
      of: train(["--set", "model.dropout=nan"]),
      "--set: model.dropout: expected a number of at least 0 and below 1, found nan", ranks: 3,
      in: workplace)
  }

  @Test(arguments: [
    (
      "model:\n\tdropout: 0.1\n",
      ":2: invalid YAML: while scanning for the next token, "
        + "found character that cannot start any token"
    ),
    ("seed: 1\nseed: 2\n", ":2: invalid YAML: expected seed once, found it again"),
    (
      "model:\n  dropuot: 0.1\n",
      ":2: model.dropuot: unknown key, given 0.1; did you mean `model.dropout`?"
    ),
    ("model: [1, 2]\n", ":1: model: expected a mapping of keys, found the list [1, 2]"),
    ("- seed\n", ":1: expected a mapping of keys, found the list [seed]"),
    (
      "training:\n  learningRate: .nan\n",
      ":2: training.learningRate: expected a number from 1e-45 to 3.4e38 (single precision), found .nan"
    ),
    (
      "model:\n  hidden: 64\n",
      ":2: model.hidden: expected a list of 1 to 64 whole numbers from 1 to 65536, "
        + "such as [64, 32], found 64"
    ),
  ])
  func `an impossible file is refused with its line`(yaml: String, message: String) throws {
    let file = try workplace.write(yaml, to: "run.yaml")
    try expectRefusal(
      of: train(["--config", file]), file + message, in: workplace)
  }

  @Test(arguments: [
    (
      ["benchmark", "--dataset", "x", "--epochs", "1.5"], "'1.5' is invalid for '--epochs <epochs>'"
    ),
    (["benchmark", "--dataset", "x", "--steps", "all"], "'all' is invalid for '--steps <steps>'"),
    (
      ["prepare", "movielens", "--input", "x", "--by", "age", "--output", "y", "--seed", "-1"],
      "'-1' is invalid for '--seed <seed>'"
    ),
  ])
  func `what is no whole number is refused with what was expected`(
    arguments: [String], message: String
  ) throws {
    let run = try MPIRun.start(arguments)
    #expect(run.isRefusal, "\(run.report)")
    #expect(run.errorOutput.contains("\(message): expected a whole number "), "\(run.report)")
  }

  @Test(arguments: [nil, 3])
  func `a missing file is refused`(ranks: Int?) throws {
    let file = workplace.path("run.yaml")
    try expectRefusal(
      of: train(["--config", file]), "\(file): cannot be read: No such file or directory",
      ranks: ranks, in: workplace)
  }

  @Test(arguments: [
    (["train", "--dataset", "", "--output", "x"], "--dataset <dir>", "train"),
    (["train", "--dataset", "x", "--output", ""], "--output <run>", "train"),
    (["synthesize", "--output", ""], "--output <dir>", "synthesize"),
    (["evaluate", ""], "<run>", "evaluate"),
  ])
  func `an empty path is refused by option`(
    arguments: [String], option: String, command: String
  ) throws {
    try expectRefusal(
      of: arguments,
      "The value '' is invalid for '\(option)': expected a path, found nothing; "
        + "see moe-mlora \(command) --help", in: workplace)
  }

  private func train(_ options: [String]) -> [String] {
    ["train", "--dataset", workplace.path("data"), "--output", workplace.path("run")] + options
  }
}
