internal import ArgumentParser
internal import Experiments
internal import Foundation
internal import Training

/// `moe-mlora checkpoints`.
struct ListCheckpoints: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoints",
    abstract:
      "Lists the checkpoints of a run, compares their files with their SHA-256 and the run, and prunes.",
    discussion: """
      A run has one checkpoint of whatever has ended, and the newest ones of what is being trained.

        moe-mlora checkpoints runs/first
        moe-mlora checkpoints runs/first --prune

      Where the run's data are, those that this build wrote are compared with these, too: with the steps of the epochs \
      and the shapes of the model; of others only files and names are, and they are told to be not compared. The exit \
      code is 2 if one of them is not valid.
      """)

  @Argument(
    help: ArgumentHelp("The directory of a run.", valueName: "run"), transform: nonemptyPath)
  var path: String

  @Flag(
    help: """
      Remove those that no training would go on from: damaged ones, older ones than one that was compared with the \
      run, and what was not completed; not what cannot be read. Not while the run is being trained.
      """)
  var prune = false

  @Flag(
    help: """
      Print JSON: checkpoints and leftovers; datasetFault where the data are not, leftoverFaults where something \
      is in a leftover that is none of a checkpoint's.
      """)
  var json = false

  mutating func run() throws {
    let (path, prune, json) = (path, prune, json)
    try Job.runOnFirstRank {
      let run = try RunDirectory(existing: path)
      let build = try RankIdentity.ofThisProcess()
      if prune {
        let (removed, refusal) = try run.pruneCheckpoints(build)
        for name in removed { Console.standard.note("removed \(name)\n") }
        if let refusal { throw refusal }
      }
      let list = try run.checkpointList(build)
      if let fault = list.datasetFault {
        Console.standard.note("checkpoints are not compared with the run's data: \(fault)\n")
      }
      try Console.standard.print(json ? ListCheckpoints.line(list) : list.text)
      if list.faultCount > 0 {
        throw ExperimentError.invalidCheckpoints(path: path, count: list.faultCount)
      }
    }
  }

  private static func line(_ list: CheckpointList) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(list), as: UTF8.self)
  }
}
