public import Checkpoints
internal import Datasets
internal import Files
internal import Foundation
public import Training

/// The checkpoints of a run, each compared with its manifest.
public struct CheckpointList: Hashable, Codable, Sendable {
  /// A checkpoint.
  public struct Entry: Hashable, Codable, Sendable {
    /// Its name.
    public var name: CheckpointName
    /// The phase it is of; absent if it is not valid.
    public var phase: String?
    /// The expert, in the phase of experts.
    public var expert: Int?
    /// The epoch that its step is of, from 1; of a task that has ended mostly the one behind its last.
    public var epoch: Int?
    /// The steps of this epoch that have been taken.
    public var step: Int?
    /// The size of its files.
    public var sizeInBytes: Int?
    /// Why it is not valid, in one line; absent if it is.
    public var fault: String?
    /// True if it has been compared with the run's model and data; absent otherwise.
    public var isCompared: Bool?
    /// True if it could not be read, or is of another version or run; absent otherwise.
    ///
    /// It may be a good one.
    public var isUnread: Bool?
  }

  /// Why they were not compared with the run's data, in one line: with its epochs and the shapes of its model; absent if
  /// they were, but for those that another build wrote.
  public var datasetFault: String?
  /// Those that are there, by task, the furthest first.
  public var checkpoints: [Entry]
  /// The directories that writers or removers left which were ended.
  public var leftovers: [String]
  /// Why no training would go on beside some of these, by their paths, each in one line; absent if there are none such.
  public var leftoverFaults: [String: String]?

  /// Reads all bytes of the checkpoints in a directory.
  ///
  /// - Parameters:
  ///   - folder: The directory.
  ///   - scrutiny: By what each can be judged.
  /// - Throws: If it cannot be listed.
  init(
    _ folder: CheckpointFolder,
    scrutiny: (CheckpointName, CheckpointIdentity) throws(CheckpointError) ->
      FoundCheckpoints.Scrutiny
  ) throws(CheckpointError) {
    leftovers = try folder.leftovers
    let faults = leftovers.compactMap { path in
      FoundCheckpoints.fault(ofLeftover: path, in: folder).map { (path, $0.description) }
    }
    leftoverFaults = faults.isEmpty ? nil : Dictionary(uniqueKeysWithValues: faults)
    checkpoints = try folder.names.compactMap { name in
      do throws(CheckpointError) {
        let (manifest, isCompared) = try FoundCheckpoints.manifest(
          of: name, in: folder, scrutiny: scrutiny)
        return Entry(
          name: name, phase: manifest.phase, expert: manifest.expert, epoch: manifest.epoch,
          step: manifest.step, sizeInBytes: manifest.files.reduce(0) { $0 + $1.sizeInBytes },
          isCompared: isCompared ? true : nil)
      } catch {
        // A training may have removed it meanwhile, for a newer one.
        guard folder.contains(name) else { return nil }
        return Entry(
          name: name, fault: error.description, isUnread: error.hidesContents ? true : nil)
      }
    }
  }

  /// The names of checkpoints that no training would go on from.
  ///
  /// They are those that are not valid, and of those that have been compared with their run the ones of a task that has
  /// one which has come further. Those that could not be read are not among them, nor what another build wrote: it may
  /// be of another run.
  var unneeded: [CheckpointName] {
    var found: Set<String> = []
    return checkpoints.compactMap { entry in
      guard entry.fault == nil else { return entry.isUnread == nil ? entry.name : nil }
      guard entry.isCompared == true else { return nil }
      return found.insert(entry.name.task).inserted ? nil : entry.name
    }
  }

  /// A table for a terminal.
  public var text: String {
    guard !checkpoints.isEmpty || !leftovers.isEmpty else { return "no checkpoints" }
    let heading = ["checkpoint", "epoch", "step", "bytes", "state"]
    let rows: [[String]] = checkpoints.map { entry in
      let numbers = [entry.epoch, entry.step, entry.sizeInBytes].map { $0.map { "\($0)" } ?? "" }
      let state = entry.fault ?? (entry.isCompared == true ? "valid" : "valid, not compared")
      return [entry.name.text] + numbers + [state]
    }
    let others: [[String]] = leftovers.map { path in
      let state =
        leftoverFaults?[path]
        ?? (CheckpointFolder.isSetAside(path) ? "set aside" : "not complete")
      return [(path as NSString).lastPathComponent, "", "", "", state]
    }
    return TextTable([heading] + rows + others, others: .left).description
  }
}

extension RunDirectory {
  /// Reads all bytes of the run's checkpoints.
  ///
  /// - Parameter build: That of this program, whose checkpoints it can compare with the run's data.
  /// - Returns: All that are there, with what is wrong with them.
  /// - Throws: If they cannot be listed, or the directory that the run has named for them is gone.
  public func checkpointList(_ build: RankIdentity) throws -> CheckpointList {
    let configuration = try configuration()
    try CheckpointPlace(configuration)?.checkIsThere()
    return try list(configuration, build)
  }

  private func list(
    _ configuration: RunConfiguration, _ build: RankIdentity
  ) throws -> CheckpointList {
    let folder = checkpoints(configuration)
    var source: DatasetSource?
    var rules: CheckpointRules?
    var fault: String?
    // To read the data may take long.
    if try !folder.names.isEmpty {
      do {
        let found = try dataset()
        source = found
        rules = try configuration.checkpointRules(data(found))
      } catch {
        fault = "\(error)".escaped
      }
    }
    var list = try CheckpointList(folder) { name, identity throws(CheckpointError) in
      // Another build may have other keys, or know the same ones by other names.
      guard identity.build == build.facts else { return .bytes }
      let differences = configuration.differences(of: identity, source)
      guard differences.isEmpty else {
        throw .otherKind(
          path: "\(folder.path(of: name))/manifest.json", expected: "a checkpoint of this run",
          found: "one with another \(differences.joined(separator: ", "))")
      }
      return rules.map(FoundCheckpoints.Scrutiny.rules) ?? .manifest
    }
    list.datasetFault = fault
    return list
  }

  /// The run's data, if they are where they were.
  private func data(_ source: DatasetSource) throws -> Dataset {
    let data = try Dataset(directory: source.directory)
    try source.check(DatasetSource(data), path: path)
    return data
  }

  /// Removes the checkpoints that no training would go on from, and what writers left.
  ///
  /// - Parameter build: That of this program, as for ``checkpointList(_:)``.
  /// - Returns: The names of what was removed, and why something else was not, the first that there was.
  /// - Throws: If the run is being trained, or its checkpoints cannot be listed.
  public func pruneCheckpoints(
    _ build: RankIdentity
  ) throws -> (removed: [String], refusal: CheckpointError?) {
    try checkIsRegular(lockPath)
    let lock = try RunLock.take(self, isNew: false)
    defer { withExtendedLifetime(lock) {} }
    let configuration = try configuration()
    let place = CheckpointPlace(configuration)
    try place?.checkIsThere()
    // Another run may be trained with its checkpoints there.
    let lockOfPlace = try place?.take(isNew: false)
    defer { withExtendedLifetime(lockOfPlace) {} }
    let folder = checkpoints(configuration)
    let list = try list(configuration, build)
    var removed: [String] = []
    var refusal: CheckpointError?
    func remove(_ name: String, _ body: () throws(CheckpointError) -> Void) {
      do throws(CheckpointError) {
        try body()
        removed.append(name)
      } catch {
        refusal = refusal ?? error
      }
    }
    for name in list.unneeded {
      remove(name.text) { () throws(CheckpointError) in try folder.remove(name) }
    }
    for leftover in list.leftovers {
      remove((leftover as NSString).lastPathComponent) { () throws(CheckpointError) in
        try folder.removeLeftover(leftover)
      }
    }
    return (removed, refusal)
  }
}
