public import Files
internal import Glibc

// What is not kept any more loses its name first, so that what is left of it is never taken for a checkpoint.

extension CheckpointFolder {
  /// Sets aside or removes the checkpoints of a task that are not kept, now that one has been published.
  ///
  /// What cannot be removed stays, for `--resume` or `--prune` to remove: it is no reason to end a training.
  ///
  /// - Parameters:
  ///   - name: The one that has been published. Those that have come further were passed over and are in nobody's way;
  ///     those of an ended task are not wanted any more.
  ///   - count: How many are kept, this one among them.
  ///   - damaged: Checkpoints that were found not to be valid, which are not kept.
  ///   - changing: The files that the next one may be written over.
  ///   - files: The file system.
  public func retire(
    olderThan name: CheckpointName, keeping count: Int, damaged: Set<CheckpointName>,
    overwriting changing: [String], using files: some FileOperations = SystemFiles()
  ) {
    let names = (try? names) ?? []
    let older = names.filter { $0.task == name.task && $0.order < name.order }
    guard name.progress != .finished else {
      for other in older { try? remove(other, using: files) }
      try? removeSpare(of: name.task, using: files)
      return
    }
    for other in older where damaged.contains(other) { try? remove(other, using: files) }
    for other in older.filter({ !damaged.contains($0) }).dropFirst(max(0, count - 1)) {
      try? setAside(other, keeping: changing, using: files)
    }
  }

  /// Removes a checkpoint, if it is there: it loses its name first, so that what is left is never taken for one.
  public func remove(
    _ name: CheckpointName, using files: some FileOperations = SystemFiles()
  ) throws(CheckpointError) {
    guard let folder = try takeName(of: name, using: files) else { return }
    try removeLeftover(folder, using: files)
  }

  /// Removes a checkpoint as ``remove(_:using:)`` does, but keeps its files for the next one of the task to be written
  /// over them, unless others are kept: removing old ones and making new ones took half of the time of writing a
  /// checkpoint of 2 MB.
  ///
  /// - Parameters:
  ///   - name: The checkpoint.
  ///   - kept: The files to keep, none of which was ever linked to; one that has another name is not kept either.
  ///   - files: The file system.
  /// - Throws: ``CheckpointError/unwritable(_:)``.
  public func setAside(
    _ name: CheckpointName, keeping kept: [String],
    using files: some FileOperations = SystemFiles()
  ) throws(CheckpointError) {
    guard let folder = try takeName(of: name, using: files) else { return }
    let spare = path(ofSpareOf: name.task)
    guard isDirectory(folder), !isAnything(at: spare) else {
      return try removeLeftover(folder, using: files)
    }
    let kept = kept + [CheckpointLayout.manifest]
    let others = try CheckpointFolder.entries(ofWritten: folder).sorted().filter {
      !kept.contains($0) || sizeOfFileWithOneName(at: "\(folder)/\($0)") == nil
    }
    try writing { () throws(SystemCallError) in
      for other in others { try files.remove("\(folder)/\(other)") }
    }
    // A network file system keeps what somebody still reads under another name: nothing may be published beside that.
    let rest = try CheckpointFolder.entries(ofWritten: folder)
    guard rest.allSatisfy(kept.contains) else { return }
    do throws(SystemCallError) {
      try files.rename(folder, to: spare)
    } catch {
      try removeLeftover(folder, using: files)
    }
  }

  /// Removes what ``setAside(_:keeping:using:)`` has kept of a task that nobody writes any more.
  public func removeSpare(
    of task: String, using files: some FileOperations = SystemFiles()
  ) throws(CheckpointError) {
    try removeLeftover(path(ofSpareOf: task), using: files)
  }

  /// Takes the name from a checkpoint; returns where it is then, or `nil` if there is none.
  private func takeName(
    of name: CheckpointName, using files: some FileOperations
  ) throws(CheckpointError) -> String? {
    guard contains(name) else { return nil }
    try checkIsOwn(name)
    let folder = path(of: name) + CheckpointLayout.removed
    try removeLeftover(folder, using: files)
    // Not synchronised: if the power goes, it is there again, or damaged, and then it is passed over.
    try writing { () throws(SystemCallError) in try files.rename(path(of: name), to: folder) }
    return folder
  }

  /// Removes what a writer or a remover left, if it is there.
  public func removeLeftover(
    _ folder: String, using files: some FileOperations = SystemFiles()
  ) throws(CheckpointError) {
    guard isAnything(at: folder) else { return }
    // What a link leads to is not ours.
    guard isDirectory(folder) else {
      return try writing { () throws(SystemCallError) in try files.remove(folder) }
    }
    try checkIsOwn(folder)
    let entries = try CheckpointFolder.entries(ofWritten: folder).sorted()
    try writing { () throws(SystemCallError) in
      for entry in entries { try files.remove("\(folder)/\(entry)") }
      try files.removeDirectory(folder)
    }
  }

  /// Throws if a checkpoint has something that is none of this program's, so that it cannot be removed or replaced.
  ///
  /// - Throws: ``CheckpointError/otherKind(path:expected:found:)``, or as ``names``.
  public func checkIsOwn(_ name: CheckpointName) throws(CheckpointError) {
    try checkIsOwn(path(of: name))
  }

  /// Throws if a checkpoint, or what a former attempt to remove it has left, has something that is none of this program's.
  ///
  /// - Throws: As ``checkIsOwn(_:)-(CheckpointName)``.
  public func checkIsRemovable(_ name: CheckpointName) throws(CheckpointError) {
    try checkIsOwn(name)
    try checkIsOwn(path(of: name) + CheckpointLayout.removed)
  }

  /// Throws if a leftover has something that is none of this program's, so that it cannot be removed.
  ///
  /// - Throws: As ``checkIsOwn(_:)-(CheckpointName)``.
  public func checkLeftoverIsOwn(_ leftover: String) throws(CheckpointError) {
    try checkIsOwn(leftover)
  }

  /// Throws if a directory has something that is none of this program's: nothing of it is removed then.
  private func checkIsOwn(_ folder: String) throws(CheckpointError) {
    guard isDirectory(folder), let file = try CheckpointFolder.foreignFile(in: folder) else {
      return
    }
    throw .otherKind(
      path: "\(folder)/\(file)", expected: "a file of a checkpoint",
      found: kindOfNonregularFile(at: "\(folder)/\(file)") ?? "another one")
  }

  /// Removes all checkpoints and leftovers.
  public func removeAll() throws(CheckpointError) {
    for name in try names { try remove(name) }
    for leftover in try leftovers { try removeLeftover(leftover) }
  }
}
