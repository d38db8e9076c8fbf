internal import Files

/// A configuration or the directory of a run that cannot be used, told in one line.
///
/// For example: `run.yaml:12: model.dropout: expected a number of at least 0 and below 1, found 1.5`.
public enum ExperimentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A configuration is at fault: where that was written, the dotted name of the key if it is one
  /// that is at fault, and what was expected and found.
  case configuration(ConfigurationSource, key: String? = nil, _ problem: String)
  /// A new run was to be written where something is already.
  case occupied(path: String, entry: String)
  /// A new run was to be written where a run is that did not finish.
  case interrupted(path: String)
  /// A new run was to be written where a finished run is.
  case finished(path: String)
  /// A new run was to be written where a process is training one.
  case beingTrained(path: String)
  /// A run was to be gone on with, or its checkpoints pruned, and a process is training it.
  case inUse(path: String)
  /// A run was to be replaced, and what is there is not only a run.
  case notReplaceable(path: String, found: String)
  /// A run was to be gone on with that has finished.
  case nothingToResume(path: String)
  /// Some checkpoints of a run are damaged.
  case invalidCheckpoints(path: String, count: Int)
  /// Some leftovers among a run's checkpoints cannot be removed by a training.
  case leftoversInTheWay(path: String, count: Int)
  /// A checkpoint is of other data, or of a configuration that differs in some keys.
  case otherRun(path: String, keys: [String], expected: String, found: String)
  /// A directory of checkpoints is there, or something else, and cannot be listed.
  case unlistable(path: String, reason: String)
  /// Checkpoints cannot be written to the directory that was named for them.
  case unusableCheckpointDirectory(path: String, reason: String)
  /// The directory that a run has named for its checkpoints is gone.
  case missingCheckpointDirectory(path: String, found: String)
  /// Another training writes checkpoints to a directory.
  case checkpointsInUse(path: String)
  /// A part of the path is no directory.
  case notADirectory(path: String, found: String)
  /// An existing run was expected, and the directory is none.
  case notARun(path: String, missing: String)
  /// The figures of a run are wanted that has not finished.
  case unfinished(path: String)
  /// A run differs from another one in what the two must share to stand in one table.
  case incomparable(path: String, expected: String, other: String, found: String)
  /// A run has configuration and seed of another one.
  case repeated(path: String, other: String, seed: UInt64)
  /// A file was to be written where something else than a file is.
  case notAFile(path: String, found: String)
  /// A file was to be written where one is.
  case existing(path: String)
  /// A run's model has no domain of a number or name.
  case noSuchDomain(path: String, names: [String], found: String)
  /// A file of a run does not hold what it should, or something of the run is no file, or cannot be written.
  case damaged(path: String, expected: String, reason: String)
  /// The file system refused.
  case failed(action: String, path: String, reason: String)

  /// Whether what was given is at fault, and not the file system.
  public var isBadInput: Bool {
    switch self {
    case .configuration, .occupied, .interrupted, .finished, .beingTrained, .inUse, .notReplaceable,
      .nothingToResume, .invalidCheckpoints, .leftoversInTheWay, .otherRun, .unlistable,
      .unusableCheckpointDirectory, .missingCheckpointDirectory, .checkpointsInUse, .notADirectory,
      .notARun, .notAFile,
      .unfinished, .incomparable, .repeated, .existing, .noSuchDomain, .damaged:
      true
    case .failed: false
    }
  }

  /// The place, what was expected there and what was found, in one line.
  public var description: String {
    switch self {
    case .configuration(let source, let key, let problem):
      ["\(source)".escaped, key?.onOneLine, problem].compactMap { $0 }.joined(separator: ": ")
    case .occupied(let path, let entry):
      "\(path.escaped): expected a new or empty directory, found \(entry.escaped) in it"
    case .interrupted(let path):
      "\(path.escaped): expected a new or empty directory, found a run that did not finish (no "
        + "results.json); go on with it (--resume), choose another directory or replace it with --overwrite"
    case .finished(let path):
      "\(path.escaped): expected a new or empty directory, found a finished run; choose another "
        + "directory or replace it with --overwrite"
    case .beingTrained(let path):
      "\(path.escaped): expected a new or empty directory, found a run that is being trained; choose "
        + "another directory or wait for its end"
    case .inUse(let path):
      "\(path.escaped): expected a run that nobody trains, found one that is being trained; wait for its end"
    case .notReplaceable(let path, let found):
      "\(path.escaped): expected a run, of which --overwrite replaces the files, found \(found)"
    case .nothingToResume(let path):
      "\(path.escaped): expected a run that did not finish, found results.json in it"
    case .invalidCheckpoints(let path, let count):
      "\(path.escaped): expected valid checkpoints, found \(count) that "
        + (count == 1 ? "is not" : "are not")
    case .leftoversInTheWay(let path, let count):
      "\(path.escaped): expected no leftovers of checkpoints that a training could not remove, found \(count)"
    case .otherRun(let path, let keys, let expected, let found):
      "\(path.escaped): \(keys.joined(separator: ", ")): expected \(expected.onOneLine) as in the "
        + "run, found \(found.onOneLine)"
    case .unlistable(let path, let reason):
      "\(path.escaped): expected a directory of checkpoints that can be listed, found: "
        + reason.onOneLine
    case .unusableCheckpointDirectory(let path, let reason):
      "\(path.escaped): training.checkpoint.directory: expected a directory to write to, or a new one in "
        + "such a directory, found: \(reason.onOneLine)"
    case .missingCheckpointDirectory(let path, let found):
      "\(path.escaped): training.checkpoint.directory: expected the directory with the run's checkpoints, found "
        + found
    case .checkpointsInUse(let path):
      "\(path.escaped): training.checkpoint.directory: expected a directory of no other run, found one that "
        + "a training writes to"
    case .notADirectory(let path, let found):
      "\(path.escaped): expected a directory, found \(found)"
    case .notARun(let path, let missing):
      "\(path.escaped): expected the directory of a run, found no \(missing) in it"
    case .unfinished(let path):
      "\(path.escaped): expected a finished run, found no results.json in it; one that was "
        + "interrupted goes on with train --resume"
    case .incomparable(let path, let expected, let other, let found):
      "\(path.escaped): expected \(expected.onOneLine) as in \(other.escaped), "
        + "found \(found.onOneLine)"
    case .repeated(let path, let other, let seed):
      "\(path.escaped): expected another seed than that of \(other.escaped), found \(seed) too"
    case .notAFile(let path, let found):
      "\(path.escaped): expected a regular file or nothing at the output path, found \(found)"
    case .existing(let path):
      "\(path.escaped): expected nothing at the output path, found a file; choose another path or "
        + "replace it with --overwrite"
    case .noSuchDomain(let path, let names, let found):
      "\(path.escaped): --merge-domain: expected a domain of the run, a number from 0 to "
        + "\(names.count - 1) or one of \(names.joined(separator: ", ").onOneLine), found "
        + (found.isEmpty ? "nothing" : found.onOneLine)
    case .damaged(let path, let expected, let reason):
      "\(path.escaped): expected \(expected), found \(reason.onOneLine)"
    case .failed(let action, let path, let reason):
      "\(path.escaped): cannot \(action): \(reason.onOneLine)"
    }
  }
}
