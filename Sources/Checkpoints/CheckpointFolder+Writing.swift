public import Files
internal import FoundationEssentials
internal import Glibc
public import Kernels

// Each rank writes its files, and a record of each when it is on the storage device. One rank waits for the
// records of all, writes the manifest, and gives the directory its name. The file system is all that the ranks
// need for it: no message is sent, so that it may happen beside training.

extension CheckpointFolder {
  /// Writes one file of a checkpoint, and waits until it is on the storage device.
  ///
  /// - Parameters:
  ///   - file: The file's name, which no other rank uses.
  ///   - entries: The tensors.
  ///   - buffer: A buffer of the entries' layout.
  ///   - name: The checkpoint.
  ///   - files: The file system.
  /// - Throws: ``CheckpointError/unwritable(_:)``.
  public func write(
    _ file: String, _ entries: [Layout.Entry], of buffer: borrowing Buffer,
    for name: CheckpointName,
    using files: some FileOperations = SystemFiles()
  ) throws(CheckpointError) {
    let folder = path(of: name) + CheckpointLayout.partial
    let record = try writing { () throws(SystemCallError) in
      try files.makeDirectory(path)
      try files.makeDirectory(folder)
      return try TensorFile.create(
        entries, of: buffer, in: folder, as: file, using: files)
    }
    let text = try encode(record)
    // Nobody needs the record after a loss of power: it is renamed, so that it is read whole, and not synchronised.
    try writing { () throws(SystemCallError) in
      let path = "\(folder)/\(file)\(CheckpointLayout.record)"
      let target = try files.create(TemporaryName.fixedPath(for: path))
      try files.write(text.span.rawBytes, to: target)
      try files.rename(TemporaryName.fixedPath(for: path), to: path)
    }
  }

  /// Waits until all files of a checkpoint have been written, by whatever rank, and publishes it.
  ///
  /// - Parameters:
  ///   - name: The checkpoint; one of that name is replaced.
  ///   - manifest: What it is of.
  ///   - names: Its files.
  ///   - limit: How long the files are waited for.
  ///   - files: The file system.
  /// - Throws: ``CheckpointError``; the checkpoint is there whole, or is not.
  public func publish<State>(
    _ name: CheckpointName, _ manifest: CheckpointManifest<State>, files names: [String],
    waitingUpTo limit: Duration, using files: some FileOperations = SystemFiles()
  ) throws(CheckpointError) {
    let folder = path(of: name) + CheckpointLayout.partial
    var manifest = manifest
    for file in names {
      manifest.files.append(try record(of: file, in: folder, waitingUpTo: limit))
    }
    let text = try encode(manifest)
    var digest = ByteDigest()
    digest.update(text.span.rawBytes)
    let line = CheckpointLayout.digestLine(digest.bytes)
    try writing { () throws(SystemCallError) in
      for file in names { try files.remove("\(folder)/\(file)\(CheckpointLayout.record)") }
      try write(text, to: "\(folder)/\(CheckpointLayout.manifest)", using: files)
      try write(line, to: "\(folder)/\(CheckpointLayout.manifestDigest)", using: files)
      try files.synchronizeDirectory(folder)
    }
    // A whole one of that name is one that a run passed over: it has come here again.
    try remove(name, using: files)
    try writing { () throws(SystemCallError) in
      try files.rename(folder, to: path(of: name))
      try files.synchronizeDirectory(path)
    }
  }

  /// Removes a checkpoint, if it is there: it loses its name first, so that what is left is never taken for one.
  public func remove(
    _ name: CheckpointName, using files: some FileOperations = SystemFiles()
  ) throws(CheckpointError) {
    guard Files.kindOfNonregularFile(at: path(of: name)) != nil else { return }
    let folder = path(of: name) + CheckpointLayout.removed
    try removeLeftover(folder, using: files)
    // Not synchronised: if the power goes, it is there again, or damaged, and then it is passed over.
    try writing { () throws(SystemCallError) in try files.rename(path(of: name), to: folder) }
    try removeLeftover(folder, using: files)
  }

  /// Removes what a writer or a remover left, if it is there.
  public func removeLeftover(
    _ folder: String, using files: some FileOperations = SystemFiles()
  ) throws(CheckpointError) {
    guard Files.kindOfNonregularFile(at: folder) != nil else { return }
    try writing { () throws(SystemCallError) in
      for entry in CheckpointFolder.entries(of: folder).sorted() {
        try files.remove("\(folder)/\(entry)")
      }
      try files.removeDirectory(folder)
    }
  }

  /// Removes all checkpoints and leftovers.
  public func removeAll() throws(CheckpointError) {
    for name in names { try remove(name) }
    for leftover in leftovers { try removeLeftover(leftover) }
  }

  private func write(
    _ bytes: [UInt8], to path: String, using files: some FileOperations
  ) throws(SystemCallError) {
    let file = try files.create(path)
    try files.write(bytes.span.rawBytes, to: file)
    try files.synchronize(file)
  }

  /// The record of a file that some rank writes, as soon as there is one.
  private func record(
    of file: String, in folder: String, waitingUpTo limit: Duration
  ) throws(CheckpointError) -> CheckpointFile {
    let path = "\(folder)/\(file)\(CheckpointLayout.record)"
    let end = ContinuousClock.now + limit
    while !FileManager.default.fileExists(atPath: path) {
      guard .now < end else {
        throw .unwritable(
          SystemCallError(call: "wait for the rank that writes it", path: path, code: ETIMEDOUT))
      }
      // The thread that writes has nothing else to do.
      usleep(1000)
    }
    let text = try reading { () throws(SystemCallError) in
      try FileDescriptor(reading: path).contents()
    }
    do {
      return try JSONDecoder().decode(CheckpointFile.self, from: Data(text))
    } catch {
      throw .unexpected(
        file: path, key: "record", expected: "name, size and digest", found: summary(of: error))
    }
  }

  private func encode(_ value: some Encodable) throws(CheckpointError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value)) + [0x0A]
    } catch {
      throw .unexpected(
        file: path, key: "manifest", expected: "numbers that JSON has", found: summary(of: error))
    }
  }
}

/// Runs calls that write files and turns a refusal into this module's error.
func writing<Result: ~Copyable>(
  _ body: () throws(SystemCallError) -> Result
) throws(CheckpointError) -> Result {
  do {
    return try body()
  } catch {
    throw .unwritable(error)
  }
}
