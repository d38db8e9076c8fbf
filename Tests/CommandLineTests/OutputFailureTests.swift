import TestSupport
import Testing

/// Places that cannot be written to, though nothing is wrong with what was asked for: exit code 1.
@Suite(.serialized) struct OutputFailureTests {
  private let workplace: Workplace

  init() throws { workplace = try Workplace() }

  /// Where nobody can create anything, root included.
  private let nowhere = "/proc/self/nowhere"

  @Test(arguments: [
    ["--version"], ["--help"], ["info"], ["configuration", "--yaml"], ["models", "--json"],
  ])
  func `results that cannot be written fail in one line`(command: [String]) throws {
    let run = try MPIRun.run(["sh", "-c", #""$0" "$@" > /dev/full"#, MPIRun.program] + command)
    #expect(run.exitCode == 1, "\(run.report)")
    let line = MPIRun.errorLine("standard output: write: No space left on device", ranks: nil)
    #expect(run.errorOutput == line, "\(run.report)")
  }

  @Test func `so do those of a run`() throws {
    let model = try workplace.makeRun(["model.adaptation=none"])
    for command in ["table", "evaluate"] {
      let run = try MPIRun.run(
        ["sh", "-c", #""$0" "$@" > /dev/full"#, MPIRun.program, command, model])
      #expect(run.exitCode == 1, "\(run.report)")
      #expect(run.problems.count == 1, "\(run.report)")
    }
  }

  @Test(arguments: [("", 128 + 13), ("trap '' PIPE; ", 1)])
  func `results that nobody reads any more end the program without a word`(
    shell: String, code: Int32
  ) throws {
    // Descriptor 4 writes to a pipe whose only reader is closed before.
    let script = #"mkfifo "$1"; exec 3<>"$1" 4>"$1" 3<&-; \#(shell)"$0" --version >&4"#
    let run = try MPIRun.run(["bash", "-c", script, MPIRun.program, workplace.path("pipe")])
    #expect(run.exitCode == code, "\(run.report)")
    #expect(run.errorOutput.isEmpty, "\(run.report)")
  }

  @Test(arguments: [nil, 2])
  func `a dataset that cannot be written fails in one line`(ranks: Int?) throws {
    let run = try MPIRun.start(
      ["synthesize", "--samples", "2000", "--output", nowhere], ranks: ranks)
    #expect(run.exitCode == 1, "\(run.report)")
    #expect(run.problems.count == 1, "\(run.report)")
    #expect(run.problems.first?.contains("cannot create /proc/self/") == true, "\(run.report)")
  }

  @Test(arguments: [nil, 2])
  func `a run that cannot be written fails in one line`(ranks: Int?) throws {
    let run = try MPIRun.start(
      ["train", "--quiet", "--dataset", workplace.makeDataset(), "--output", nowhere],
      ranks: ranks)
    #expect(run.exitCode == 1, "\(run.report)")
    let line = MPIRun.errorLine(
      "\(nowhere): cannot create the run: No such file or directory", ranks: ranks)
    #expect(run.problems.map { "\($0)\n" } == [line], "\(run.report)")
  }

  @Test(arguments: [nil, 2])
  func `metrics that cannot be written end the run at once, in one line`(ranks: Int?) throws {
    let training = try workplace.training(
      workplace.makeDataset(), ["model.adaptation=none", "training.patience=1000000"])
    let metrics = workplace.path("run/metrics.jsonl")
    // A run of a million epochs, in whose course a directory takes the place of the metrics.
    let script = #"""
      . "$0"; file=$1; launcher=$2; shift 2
      timeout 60 $launcher "$@" & run=$!
      until [ -s "$file" ] || ! kill -0 $run; do :; done
      until rm -f "$file" && mkdir "$file" || ! kill -0 $run; do :; done
      wait $run
      """#
    let launcher = ranks.map { "mpirun -np \($0)" } ?? ""
    let run = try MPIRun.run(
      ["sh", "-c", script, MPIRun.settings.path, metrics, launcher, MPIRun.program]
        + training.map { $0.replacing("maximumEpochs=2", with: "maximumEpochs=1000000") }
        + ["--quiet"])
    #expect(run.exitCode == 1, "\(run.report)")
    // The file may be missed in the moment before the directory takes its place.
    let lines = ["Is a directory", "No such file or directory"].map {
      [MPIRun.errorLine("\(metrics): cannot append a record: \($0)", ranks: ranks)]
    }
    #expect(lines.contains(run.problems.map { "\($0)\n" }), "\(run.report)")
    #expect(run.output.isEmpty, "\(run.report)")
  }

  @Test(arguments: [nil, 2])
  func `predictions that cannot be written fail in one line`(ranks: Int?) throws {
    let model = try workplace.makeRun(["model.adaptation=none"])
    let rows = try workplace.write("uid,pid,domain\n1,2,0\n", to: "rows.csv")
    let run = try MPIRun.start(
      ["predict", model, "--input", rows, "--output", "\(nowhere)/answers.csv"], ranks: ranks)
    #expect(run.exitCode == 1, "\(run.report)")
    let line = MPIRun.errorLine(
      "cannot write \(nowhere)/answers.csv: No such file or directory", ranks: ranks)
    #expect(run.errorOutput == line, "\(run.report)")
  }

  @Test(arguments: [nil, 2])
  func `figures that cannot be written fail in one line`(ranks: Int?) throws {
    let model = try workplace.makeRun(["model.adaptation=none"])
    let run = try MPIRun.start(
      ["evaluate", model, "--json", "\(nowhere)/table.json"], ranks: ranks)
    #expect(run.exitCode == 1, "\(run.report)")
    #expect(run.output.isEmpty, "\(run.report)")
    let line = MPIRun.errorLine(
      "\(nowhere)/table.json: cannot write figures: No such file or directory", ranks: ranks)
    #expect(run.problems.map { "\($0)\n" } == [line], "\(run.report)")
  }
}
