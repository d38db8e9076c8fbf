import Foundation
import TestSupport
import Testing

/// What `moe-mlora train` leaves of a run that must not depend on the number of ranks.
struct TrainedRun: Equatable {
  /// The results, times, rates and the number of ranks aside.
  let results: String
  /// The metrics, times and rates aside.
  let metrics: String
  /// The complete configuration.
  let configuration: String
  /// The parameters' file.
  let checkpoint: Data
  /// The checksum of the parameters.
  let parametersSHA256: String

  /// Trains; `ranks` is `nil` for the program started by itself.
  init(_ settings: [String], dataset: String, ranks: Int?) throws {
    let folder = try ScratchFolder()
    let output = "\(folder.path)/run"
    let run = try MPIRun.launch(
      "moe-mlora",
      ["train", "--quiet", "--dataset", dataset, "--output", output]
        + settings.flatMap { ["--set", $0] }, ranks: ranks)
    try #require(run.exitCode == 0, "\(run.report)")
    let results = try TrainedRun.text("\(output)/results.json")
    try #require(results.contains("\"ranks\" : \(ranks ?? 1),"))
    self.results = try TrainedRun.without(["seconds", "samplesPerSecond", "ranks"], results)
    metrics = try TrainedRun.without(
      ["seconds", "samplesPerSecond"], TrainedRun.text("\(output)/metrics.jsonl"))
    configuration = try TrainedRun.text("\(output)/config.yaml")
    checkpoint = try Data(
      contentsOf: URL(filePath: "\(output)/checkpoints/final.safetensors"))
    let checksum = try #require(results.firstMatch(of: /"parametersSHA256" : "([0-9a-f]{64})"/))
    parametersSHA256 = String(checksum.1)
  }

  /// The names of what differs from another run.
  func differences(from other: TrainedRun) -> [String] {
    [
      results == other.results ? nil : "results.json",
      metrics == other.metrics ? nil : "metrics.jsonl",
      configuration == other.configuration ? nil : "config.yaml",
      checkpoint == other.checkpoint ? nil : "final.safetensors",
      parametersSHA256 == other.parametersSHA256 ? nil : "parametersSHA256",
    ].compactMap(\.self)
  }

  private static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }

  /// JSON without the numbers of some keys, everything else to the byte.
  private static func without(_ keys: [String], _ json: String) throws -> String {
    try keys.reduce(json) { text, key in
      let number = try Regex("\"\(key)\" ?: ?[-+.0-9eE]+")
      let replaced = text.replacing(number, with: "\"\(key)\"")
      // Nothing is compared less than it should be: the key was there.
      try #require(replaced != text, "\(key)")
      return replaced
    }
  }
}
