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
      code is 2 if one of them is not valid, or a leftover is in the way of a training.
      """)

  @Argument(
    help: ArgumentHelp("The directory of a run.", valueName: "run"), transform: nonemptyPath)
  var path: String

  @Flag(
    help: """
      Remove those that no training would go on from: damaged ones, older ones, and what was not completed; not \
      what cannot be read, nor an older one that was not compared. Not while the run is being trained.
      """)
  var prune = false

  @Flag(
    help: """
      Print JSON: checkpoints and leftovers; datasetFault where the data are not, leftoverFaults where a training \
      could not remove one.
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
      let faults = list.checkpoints.count { $0.fault != nil }
      if faults > 0 { throw ExperimentError.invalidCheckpoints(path: path, count: faults) }
      if let faults = list.leftoverFaults {
        throw ExperimentError.leftoversInTheWay(path: path, count: faults.count)
      }
    }
  }

  private static func line(_ list: CheckpointList) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(list), as: UTF8.self)
  }
}
