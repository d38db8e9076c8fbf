internal import Checkpoints
internal import Datasets
internal import Files
internal import Foundation
internal import Training

extension RunConfiguration {
  /// The values of all keys that have one, as they are written.
  var values: [String: String] {
    let keys = ConfigurationKey.all.filter(\.isStored)
    return Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0.text(self)) })
  }

  /// Writes the path of the checkpoints' directory so that it is the same wherever it is read.
  public mutating func makeCheckpointDirectoryAbsolute() {
    let directory = training.checkpoint.directory
    guard !directory.isEmpty else { return }
    training.checkpoint.directory = URL(filePath: directory).standardizedFileURL.path
  }

  /// Throws unless a checkpoint of a run is of this configuration, but for keys that may change and those no
  /// result depends on, of the same data, and computed with the same build.
  ///
  /// - Parameters:
  ///   - identity: what the checkpoint says.
  ///   - manifest: the file that says so.
  ///   - own: what this run's checkpoints say.
  ///   - changing: the keys that may change.
  ///   - path: the run, whose build is known by its checkpoints alone.
  /// - Throws: ``ExperimentError/otherRun(path:keys:expected:found:)``.
  func check(
    _ identity: CheckpointIdentity, of manifest: String, _ own: CheckpointIdentity,
    changing: Set<String>, path: String
  ) throws(ExperimentError) {
    try own.dataset.check(identity.dataset, path: manifest)
    if !changing.contains(ConfigurationKey.build), identity.build != own.build {
      func text(_ facts: [String], without others: [String]) -> String {
        let differing = facts.filter { !others.contains($0) }
        return differing.isEmpty ? "no more" : differing.joined(separator: ", ")
      }
      throw .otherRun(
        path: path, keys: [ConfigurationKey.build],
        expected: text(identity.build, without: own.build),
        found: text(own.build, without: identity.build))
    }
    let keys = keys(otherThanIn: identity.configuration, butFor: changing)
    guard keys.isEmpty else {
      throw .otherRun(path: manifest, keys, expected: values, found: identity.configuration)
    }
  }

  /// Throws unless the values of a run's keys are these, but for keys that may change and those no result depends on.
  func check(
    _ former: [String: String], changing: Set<String>, path: String
  ) throws(ExperimentError) {
    let keys = keys(otherThanIn: former, butFor: changing)
    guard keys.isEmpty else {
      throw .otherRun(path: path, keys, expected: former, found: values)
    }
  }

  /// The names of the keys that decide results and have another value than a run's, but for those that may change.
  private func keys(
    otherThanIn former: [String: String], butFor changing: some Collection<String>
  ) -> [String] {
    let values = values
    return ConfigurationKey.all.filter { $0.isStored && $0.decidesResults }.map(\.name)
      .filter { former[$0] != values[$0] && !changing.contains($0) }
  }

  /// What the checkpoints of a run with this configuration on these data can be of.
  func checkpointRules(_ dataset: Dataset) -> CheckpointRules {
    CheckpointRules(model, training, seed: seed, dataset: dataset)
  }

  /// What of a checkpoint's run is another than of the run with this configuration, and the data, if they are known.
  func differences(of identity: CheckpointIdentity, _ source: DatasetSource?) -> [String] {
    let keys = keys(
      otherThanIn: identity.configuration, butFor: ConfigurationKey.changeableOnResume)
    let isSame = source == nil || identity.dataset.fingerprint == source?.fingerprint
    return keys + (isSame ? [] : ["dataset"])
  }
}

extension RunConfiguration {
  /// The settings of a checkpoint's run that differ from this one's and decide when a phase ends: `key=value`.
  func settings(
    of identity: CheckpointIdentity, deciding phase: TrainingPhase
  ) -> [String] {
    let values = values
    return ConfigurationKey.changeableOnResume.sorted().compactMap { key in
      guard key.hasPrefix("training.\(phase.rawValue)."), let former = identity.configuration[key],
        former != values[key]
      else { return nil }
      return "\(key)=\(former.onOneLine)"
    }
  }
}

extension ExperimentError {
  /// That some keys have other values than in a run.
  fileprivate static func otherRun(
    path: String, _ keys: [String], expected: [String: String], found: [String: String]
  ) -> ExperimentError {
    func text(_ values: [String: String]) -> String {
      keys.map { values[$0] ?? "none" }.joined(separator: ", ")
    }
    return .otherRun(path: path, keys: keys, expected: text(expected), found: text(found))
  }
}

extension DatasetSource {
  /// What the files of a run say of its data.
  init(_ dataset: Dataset) {
    self.init(
      name: dataset.description.name, fingerprint: dataset.fingerprint,
      directory: URL(filePath: dataset.directory).standardizedFileURL.path)
  }

  /// Throws unless a run that was begun with these data is given the same.
  func check(_ other: DatasetSource, path: String) throws(ExperimentError) {
    guard fingerprint != other.fingerprint else { return }
    throw .otherRun(
      path: path, keys: ["dataset"],
      expected: "\(name), fingerprint \(fingerprint.prefix(16))",
      found: "\(other.name), fingerprint \(other.fingerprint.prefix(16))")
  }
}

extension RunDirectory {
  /// Throws if a configuration has another directory of checkpoints than that with which the run began.
  public func checkPlace(
    ofCheckpoints configuration: RunConfiguration
  ) throws(ExperimentError) {
    let expected = try self.configuration().training.checkpoint.directory
    let found = configuration.training.checkpoint.directory
    guard found != expected else { return }
    throw .otherRun(
      path: path, keys: ["training.checkpoint.directory"],
      expected: expected.isEmpty ? "run" : expected, found: found.isEmpty ? "run" : found)
  }
}

extension ConfigurationKey {
  /// What stands for the build of the program and the instruction set among the names of what may change.
  ///
  /// Another one may give other bits.
  public static let build = "build"

  /// The names of the keys that may change when a run is resumed: those that say when a phase ends.
  public static let changeableOnResume = all.map(\.name).filter { name in
    ["maximumEpochs", "patience"].contains(name.split(separator: ".").last.map(String.init))
  }

  /// The names of the stored keys that a changeable key of this name sets; `nil` if it may not change.
  public static func changedOnResume(by name: String) -> [String]? {
    if name == build { return [build] }
    guard changeableOnResume.contains(name), let key = named(name) else { return nil }
    return key.storedKeys.map(\.name)
  }
}
