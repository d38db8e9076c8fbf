import Datasets
import Foundation
import TestSupport
import Testing

/// A folder for the files of one test.
struct Workplace {
  private let folder: ScratchFolder

  /// Creates an empty folder.
  init() throws { folder = try ScratchFolder() }

  /// The path of a file in the folder.
  func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// Writes a file, and the folders above it; returns its path.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let url = URL(filePath: path(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  /// Removes a file.
  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

  /// The text of a file.
  func text(_ name: String) throws -> String {
    String(decoding: try bytes(name), as: UTF8.self)
  }

  /// The bytes of a file.
  func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path(name))) }

  /// Changes the bytes of a file.
  func change(_ name: String, _ body: (inout Data) -> Void) throws {
    var bytes = try bytes(name)
    body(&bytes)
    try bytes.write(to: URL(filePath: path(name)))
  }

  /// The paths of everything in the folder.
  func contents() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
  }
}

// MARK: - Data

extension Workplace {
  /// Settings of a training that takes a moment.
  static let quickSettings = [
    "model.embeddingWidth=4", "model.hidden=[8]", "model.adapterReduction=4",
    "training.shards=4", "training.globalBatch=64", "training.maximumEpochs=2",
  ]

  /// Writes a dataset of two domains; returns its path.
  func makeDataset(_ name: String = "data", seed: UInt64? = nil) throws -> String {
    var configuration = SyntheticConfiguration()
    if let seed { configuration.seed = seed }
    configuration.domains = 2
    configuration.samples = 300
    configuration.users = 20
    configuration.items = 15
    try SyntheticData(configuration).contents().write(to: path(name))
    return path(name)
  }

  /// Copies the program into the folder; returns the copy's name.
  func copyProgram() throws -> String {
    try FileManager.default.copyItem(atPath: MPIRun.program, toPath: path("program"))
    return "program"
  }

  /// The arguments that train in a moment, with further settings.
  func training(
    _ dataset: String, output: String = "run", _ settings: [String] = []
  ) -> [String] {
    ["train", "--dataset", dataset, "--output", path(output)]
      + (Self.quickSettings + settings).flatMap { ["--set", $0] }
  }

  /// Makes a dataset and trains on it; returns the run's path.
  func makeRun(_ settings: [String] = []) throws -> String {
    let run = try MPIRun.start(training(makeDataset(), settings))
    try #require(run.exitCode == 0, "\(run.report)")
    return path("run")
  }

  /// Writes users and ratings as MovieLens-1M has them, 40 users with 10 ratings each; the last line
  /// of each ends with a newline.
  func makeMovieLens(_ name: String = "raw") throws -> String {
    let users = (1...40).map { user in
      let age = [1, 18, 25, 35, 45, 50, 56][user % 7]
      return "\(user)::\(user % 2 == 0 ? "F" : "M")::\(age)::\(user % 21)::12345\n"
    }
    try write(users.joined(), to: "\(name)/users.dat")
    try write(
      ratings { "\($0)::\($1)::\($2)::978300760\n" }.joined(), to: "\(name)/ratings.dat")
    return path(name)
  }

  /// Writes the same users and ratings as MovieLens-100K has them.
  func makeSmallMovieLens(_ name: String = "raw") throws -> String {
    let occupations = ["artist", "doctor", "writer"]
    let users = (1...40).map { user in
      "\(user)|\(18 + user)|\(user % 2 == 0 ? "F" : "M")|\(occupations[user % 3])|12345\n"
    }
    try write(users.joined(), to: "\(name)/u.user")
    try write(ratings { "\($0)\t\($1)\t\($2)\t881250949\n" }.joined(), to: "\(name)/u.data")
    return path(name)
  }

  private func ratings(_ line: (_ user: Int, _ item: Int, _ stars: Int) -> String) -> [String] {
    (1...40).flatMap { user in
      (1...10).map { item in
        let isLiked = (user + item).isMultiple(of: 3)
        return line(user, user * item % 17 + 1, isLiked ? 5 : user * item % 4 + 1)
      }
    }
  }
}
