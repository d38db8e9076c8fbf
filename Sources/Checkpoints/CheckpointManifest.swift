/// What a checkpoint holds and what it is of: the members of its `manifest.json` that say so.
///
/// Nothing in it depends on the number of ranks but the names of the files of table rows. Whoever trains adds members of
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

  /// The version of the format.
  public var schemaVersion = 1
  /// The complete configuration: the values of all keys, as they are written.
  public var configuration: [String: String]
  /// The data.
  public var dataset: DatasetSource
  /// The phase.
  public var phase: String
  /// The expert, in the phase of experts.
  public var expert: Int?
  /// The epoch that the next step is of, from 1.
  public var epoch: Int
  /// The steps of this epoch that have been taken.
  public var step: Int
  /// The position of the next row to be trained in the epoch's order of rows.
  public var nextSample: Int
  /// Whether the task has ended.
  public var isFinished: Bool
  /// The files of table rows; `nil` if it trains none.
  public var rowFiles: RowFiles?
  /// All files but this one.
  public var files: [CheckpointFile]

  /// States what a checkpoint is of; its files are added when they have been written.
  public init(
    configuration: [String: String], dataset: DatasetSource, phase: String, expert: Int?,
    epoch: Int,
    step: Int, nextSample: Int, isFinished: Bool, rowFiles: RowFiles?
  ) {
    self.configuration = configuration
    self.dataset = dataset
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
