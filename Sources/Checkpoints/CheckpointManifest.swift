/// What a checkpoint holds and where its training is: the members of its `manifest.json` that say so, behind those of
/// ``CheckpointIdentity``.
///
/// Nothing in it depends on the number of ranks but ``parts`` and ``files``. Whoever trains adds members of
/// its own to the same JSON object, for what the rest of the training depends on beside the tensors.
public struct CheckpointManifest: Hashable, Codable, Sendable {
  /// The parts that the ranks wrote: how many there are, and which table rows are in which.
  ///
  /// Blocks of `blockRows` rows, numbered through all tables, belong to the `count` parts in turn, and each
  /// part holds its rows in their order. Every dense tensor is in one of the parts; its
  /// file's header says so.
  public struct Parts: Hashable, Codable, Sendable {
    /// The number of parts.
    public var count: Int
    /// The rows of a block; `nil` if there are no table rows.
    public var blockRows: Int?

    /// States the two.
    public init(count: Int, blockRows: Int?) {
      self.count = count
      self.blockRows = blockRows
    }
  }

  /// The version of the format that is written, and the only one that is read.
  static let currentVersion = 5

  /// The version of the format.
  public var schemaVersion = currentVersion
  /// The phase.
  public var phase: String
  /// The expert, in the phase of experts.
  public var expert: Int?
  /// The epoch that ``step`` is of, from 1; of a task that has ended mostly the one behind its last.
  public var epoch: Int
  /// The steps of this epoch that have been taken.
  public var step: Int
  /// The position of the next row to be trained in the epoch's order of rows; at its end the number of rows.
  public var nextSample: Int
  /// Whether the task has ended.
  public var isFinished: Bool
  /// The parts that its files are of.
  public var parts: Parts
  /// All files but this one.
  public var files: [CheckpointFile]

  /// States what a checkpoint is of; its files are added when they have been written.
  public init(
    phase: String, expert: Int?, epoch: Int, step: Int, nextSample: Int, isFinished: Bool,
    parts: Parts
  ) {
    self.phase = phase
    self.expert = expert
    self.epoch = epoch
    self.step = step
    self.nextSample = nextSample
    self.isFinished = isFinished
    self.parts = parts
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
    let ranks = 1...CheckpointManifest.maximumRanks
    try require(
      ranks.contains(parts.count), "parts.count", "a number from 1 to \(ranks.upperBound)",
      parts.count)
    if let blockRows = parts.blockRows {
      try require(
        ranks.contains(blockRows) && blockRows.nonzeroBitCount == 1,
        "parts.blockRows", "a power of two up to \(ranks.upperBound)", blockRows)
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
