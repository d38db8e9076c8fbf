internal import ArgumentParser
internal import Experiments
internal import Kernels

/// `moe-mlora export`.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the weights of a finished run to a file for other programs.",
    discussion: """
      The file has the tensors of the run's model under the names of its checkpoints, which the README \
      lists, and nothing of the training; its metadata says what model, fields and domains they are of.

      With --merge-domain the file is of a model without adapters, experts and gate: what they add for \
      the rows of the domain is folded into the weights (W + Σ g A B), and predictions for these rows \
      stay the same, but for rounding. Embeddings and interactions stay as they are. That needs a \
      mixture that depends on the domain alone: model.gate.input=features, mmoe and ple are refused. \
      What sharedBottom and star compute for a domain becomes an mlp. Without an adaptation there is \
      nothing to fold, and the weights stay as they are.

        moe-mlora export runs/first --format safetensors
        moe-mlora export runs/first --merge-domain 0 --output women.safetensors
      """)

  /// How weights are written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case safetensors
  }

  @Argument(
    help: ArgumentHelp("The directory of a finished run.", valueName: "run"),
    transform: nonemptyPath)
  var path: String

  @Option(help: "The format of the file.")
  var format = Format.safetensors

  @Option(
    help: ArgumentHelp(
      "The new file; default: <run>.safetensors or <run>-domain-<domain>.safetensors, beside the run.",
      valueName: "file"),
    transform: nonemptyPath)
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Fold what is added for a domain into plain weights; its number from 0, or else its name.",
      valueName: "domain"))
  var mergeDomain: String?

  @Flag(help: "Replace a file that is there.")
  var overwrite = false

  mutating func run() throws {
    useOneThread()
    let (path, output, mergeDomain, overwrite) = (path, output, mergeDomain, overwrite)
    try Job.runOnFirstRank {
      let run = try RunDirectory(existing: path)
      // Before the model is read, which may take long.
      if let known = output ?? (mergeDomain == nil ? run.exportPath(mergingDomain: nil) : nil) {
        try run.checkExport(to: known, overwrites: overwrite)
      }
      let model = try TrainedModel(of: run)
      let domain = try mergeDomain.map { try model.domainToMerge($0, of: run) }
      let output = output ?? run.exportPath(mergingDomain: domain)
      try run.checkExport(to: output, overwrites: overwrite)
      let weights = try model.export(mergingDomain: domain, to: output)
      if domain != nil, model.isWithoutDomains {
        Console.standard.note("\(path): no adaptation to fold: the weights stay as they are\n")
      }
      let size = "\(counted(weights.tensors, "tensor")), \(counted(weights.floats, "number"))"
      Console.standard.note("\(output): \(size) of \(weights.model)\n")
    }
  }
}
