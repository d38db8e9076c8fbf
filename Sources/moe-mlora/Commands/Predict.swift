internal import ArgumentParser
internal import Datasets
internal import Experiments
internal import Files
internal import Kernels

/// `moe-mlora predict`.
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Adds the probability of a click to the rows of a CSV file.",
    discussion: """
      The first line names the columns: every field of the model, for example uid,pid,domain; other \
      columns are carried through. Fields are separated by commas and have no quotes, ids are plain \
      numbers, and every line ends with a newline, the last one too. A byte-order mark is dropped. \
      An output file that is there is replaced. Lines end with a newline in the output, those too that \
      end with a carriage return and a newline in the input.

        moe-mlora predict runs/first --input rows.csv --output probabilities.csv
      """)

  @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"), transform: nonemptyPath)
  var path: String

  @Option(
    help: ArgumentHelp(
      "The rows; /dev/stdin and other pipes are read to their end.", valueName: "file.csv"),
    transform: nonemptyPath)
  var input: String

  @Option(
    help: ArgumentHelp("The rows with one more column, probability.", valueName: "file.csv"),
    transform: nonemptyPath)
  var output: String

  mutating func run() throws {
    useOneThread()
    guard !isSameFile(input, output) else {
      throw UsageError("--output: expected another file than --input, found \(output)")
    }
    try Job.runOnFirstRank {
      let run = try RunDirectory(existing: path)
      try run.checkIsNotOwn(output)
      let model = try TrainedModel(of: run)
      let request = try PredictionRequest(readingCSV: input, schema: model.model.schema)
      try request.write(model.probabilities(of: request), to: output)
      Console.standard.note("\(output): \(counted(request.count, "row"))\n")
    }
  }
}
