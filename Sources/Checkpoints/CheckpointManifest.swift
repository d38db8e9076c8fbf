/// What a checkpoint holds and what it is of: the members of its `manifest.json` that say so.
///
/// Nothing in it depends on the number of ranks but which files hold the table rows. Whoever trains adds members of
/// its own to the same JSON object, for what the rest of the training depends on beside the tensors.
public struct CheckpointManifest: Hashable, Codable, Sendable {
  /// Which ranks' files hold which table rows.
  ///
  /// Blocks of `blockRows` rows, numbered through all tables, belong to the `count` files in turn, and each
  /// file holds its rows in their order.
  public struct RowFiles: Hashable, Codable, Sendable {
    /// The number of files.
    public var count: Int
    /// The rows of a block.
    public var blockRows: Int

    /// States the two.
    public init(count: Int, blockRows: Int) {
      self.count = count
      self.blockRows = blockRows
    }
  }

  /// The version of the format that is written, and the only one that is read.
  static let currentVersion = 3

  /// The version of the format.
  public var schemaVersion = currentVersion
  /// The complete configuration: the values of all keys, as they are written.
  public var configuration: [String: String]
  /// The data.
  public var dataset: DatasetSource
  /// What it was computed with, a fact a line: the build of the program and the processor's instruction set.
  public var build: [String]
  /// The phase.
  public var phase: String
  /// The expert, in the phase of experts.
  public var expert: Int?
  /// The epoch that is being trained, from 1.
  public var epoch: Int
  /// The steps of this epoch that have been taken.
  public var step: Int
  /// The position of the next row to be trained in the epoch's order of rows; at its end the number of rows.
  public var nextSample: Int
  /// Whether the task has ended.
  public var isFinished: Bool
  /// The files of table rows; `nil` if it trains none.
  public var rowFiles: RowFiles?
  /// All files but this one.
  public var files: [CheckpointFile]

  /// States what a checkpoint is of; its files are added when they have been written.
  public init(
    configuration: [String: String], dataset: DatasetSource, build: [String], phase: String,
    expert: Int?,
    epoch: Int,
    step: Int, nextSample: Int, isFinished: Bool, rowFiles: RowFiles?
  ) {
    self.configuration = configuration
    self.dataset = dataset
    self.build = build
    self.phase = phase
    self.expert = expert
    self.epoch = epoch
    self.step = step
    self.nextSample = nextSample
    self.isFinished = isFinished
    self.rowFiles = rowFiles
    files = []
  }
}

// MARK: - Checking

extension CheckpointManifest {
  /// The largest count that is taken for one: sums and products of some of them are still numbers.
  public static let maximumCount = 1_000_000_000_000
  /// The most ranks, or rows of a block, that are taken for some.
  private static let maximumRanks = 1_000_000

  /// Throws unless all numbers and names are such as a training writes, whoever wrote the file.
  func check(_ path: String) throws(CheckpointError) {
    func require(
      _ isMet: Bool, _ key: String, _ expected: String, _ found: some CustomStringConvertible
    ) throws(CheckpointError) {
      guard !isMet else { return }
      throw .unexpected(file: path, key: key, expected: expected, found: "\(found)")
    }
    let counts = 0...CheckpointManifest.maximumCount
    try require(counts.contains(epoch) && epoch > 0, "epoch", "a number from 1", epoch)
    try require(counts.contains(step), "step", "a number from 0", step)
    try require(counts.contains(nextSample), "nextSample", "a number from 0", nextSample)
    if let expert { try require(counts.contains(expert), "expert", "a number from 0", expert) }
    if let rowFiles {
      let ranks = 1...CheckpointManifest.maximumRanks
      try require(
        ranks.contains(rowFiles.count), "rowFiles.count", "a number from 1 to \(ranks.upperBound)",
        rowFiles.count)
      try require(
        ranks.contains(rowFiles.blockRows) && rowFiles.blockRows.nonzeroBitCount == 1,
        "rowFiles.blockRows", "a power of two up to \(ranks.upperBound)", rowFiles.blockRows)
    }
    for file in files {
      try require(file.isPlain, "files", "names of files, sizes and SHA-256", file.name)
    }
  }
}

extension CheckpointFile {
  /// Whether the name is that of a file in the checkpoint's own directory, and size and digest can be.
  fileprivate var isPlain: Bool {
    !name.isEmpty && !name.contains("/") && !name.contains("\0") && name != "." && name != ".."
      && sizeInBytes >= 0 && sha256.utf8.count == 64
  }
}

/// The data that a run is trained on.
public struct DatasetSource: Hashable, Codable, Sendable {
  /// The dataset's name.
  public var name: String
  /// The checksum of its content.
  public var fingerprint: String
  /// The directory it was read from.
  public var directory: String

  /// Names the data.
  public init(name: String, fingerprint: String, directory: String) {
    self.name = name
    self.fingerprint = fingerprint
    self.directory = directory
  }
}
