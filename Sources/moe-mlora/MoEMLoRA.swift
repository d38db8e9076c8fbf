internal import ArgumentParser

/// The command line: `moe-mlora COMMAND …`.
@main
struct MoEMLoRA: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "moe-mlora",
    abstract: "Trains click-through-rate models for many domains, alone or on a cluster.",
    discussion: """
      A model is a backbone that all domains share, low-rank experts that specialise on a domain, \
      and a gate that mixes them. A run gives the same bytes on any number of ranks.

        moe-mlora synthesize --output data/synthetic
        mpirun -np 2 moe-mlora train --dataset data/synthetic --output runs/first
        moe-mlora evaluate runs/first

      Exit codes: 0 done, 1 failed, 2 wrong usage or input, 75 ranks waited too long.
      """,
    version: packageVersion,
    subcommands: [
      Prepare.self, Synthesize.self, Train.self, ListCheckpoints.self, Evaluate.self, Predict.self,
      Export.self, Table.self, ListModels.self, Benchmark.self, Plan.self, Configuration.self,
      Info.self,
    ])

  /// Checks the processor, then runs the command that the arguments name.
  static func main() {
    Processor.requireCompatibility()
    do {
      try checkHelp(CommandLine.arguments.dropFirst())
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Console.standard.endProcess(with: error)
    }
  }

  /// Throws if `help` is asked about a command that there is none of: the parser would tell about
  /// another one.
  private static func checkHelp(_ arguments: ArraySlice<String>) throws(UsageError) {
    guard arguments.first == "help" else { return }
    var command: any ParsableCommand.Type = Self.self
    for name in arguments.dropFirst() where !name.hasPrefix("-") {
      let commands = command.configuration.subcommands
      guard let next = commands.first(where: { $0._commandName == name }) else {
        throw UsageError("help: expected a command, found \(name); see moe-mlora --help")
      }
      command = next
    }
  }
}

/// The version of this package.
let packageVersion = "0.1.0"
