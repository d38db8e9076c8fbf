public import Files
internal import Glibc
public import Kernels

// Each rank writes its files, and renames each when it is on the storage device, to a name that has its digest. One rank
// waits for the files of all, writes the manifest, and gives files and directory their names. The file system is all
// that the ranks need for it: no message is sent, so that it may happen beside training.

extension CheckpointFolder {
  /// Writes one file of a checkpoint, and waits until it is on the storage device.
  ///
  /// - Parameters:
  ///   - file: The file's name, which no other rank uses.
  ///   - template: The tensors.
  ///   - buffer: A buffer of the tensors' layout.
  ///   - name: The checkpoint.
  ///   - files: The file system.
  /// - Returns: What the file now holds, for ``link(_:of:for:using:)``.
  /// - Throws: ``CheckpointError/unwritable(_:)``.
  @discardableResult public func write(
    _ file: String, _ template: TensorFileTemplate, of buffer: borrowing Buffer,
    for name: CheckpointName,
    using files: some FileOperations = SystemFiles()
  ) throws(CheckpointError) -> CheckpointFile {
    func create() throws(SystemCallError) -> CheckpointFile {
      let folder = try makePartial(name, using: files)
      let record = try TensorFile.create(template, of: buffer, in: folder, as: file, using: files)
      try files.rename("\(folder)/\(file)", to: "\(folder)/\(record.writtenName)")
      return record
    }
    return try writing { () throws(SystemCallError) in
      do throws(SystemCallError) {
        return try create()
      } catch {
        // Another rank may just have put what was set aside in the place of an empty directory, on another machine.
        guard [ENOENT, ESTALE].contains(error.code) else { throw error }
        return try create()
      }
    }
  }

  /// Gives a checkpoint a file of another one that holds the same, instead of writing it again.
  ///
  /// - Parameters:
  ///   - file: What ``write(_:_:of:for:using:)`` has returned for the other checkpoint, or for one whose file it is
  ///     linked to.
  ///   - other: The other checkpoint, published or about to be.
  ///   - name: The checkpoint.
  ///   - files: The file system.
  /// - Returns: Whether it has the file; if it has not, the file system refused, and it has to be written.
  /// - Throws: ``CheckpointError/unwritable(_:)``.
  public func link(
    _ file: CheckpointFile, of other: CheckpointName, for name: CheckpointName,
    using files: some FileOperations = SystemFiles()
  ) throws(CheckpointError) -> Bool {
    let folder = try writing { () throws(SystemCallError) in try makePartial(name, using: files) }
    let partial = path(of: other) + CheckpointLayout.partial
    // In the order in which another rank gives it these names meanwhile.
    let sources = [
      "\(partial)/\(file.writtenName)", "\(partial)/\(file.name)",
      "\(path(of: other))/\(file.name)",
    ]
    for source in sources {
      do throws(SystemCallError) {
        try files.link(source, to: "\(folder)/\(file.writtenName)")
        return true
      } catch {
        if error.isMissing { continue }
        guard CheckpointFolder.codesOfRefusedLinks.contains(error.code) else {
          throw .unwritable(error)
        }
        return false
      }
    }
    return false
  }

  /// That the file is there already; that the file system has no links, or no more of them.
  private static let codesOfRefusedLinks = [
    EEXIST, EPERM, EACCES, EXDEV, EMLINK, ENOTSUP, ENOSYS, EINVAL,
  ]

  /// The directory of a checkpoint that is being written: what was set aside, or a new one.
  private func makePartial(
    _ name: CheckpointName, using files: some FileOperations
  ) throws(SystemCallError) -> String {
    let folder = path(of: name) + CheckpointLayout.partial
    guard !isDirectory(folder) else { return folder }
    let spare = path(ofSpareOf: name.task)
    // Another rank may be faster; whatever else is wrong, making the directory or a file in it will tell.
    if isDirectory(spare), (try? files.rename(spare, to: folder)) != nil { return folder }
    let isNew = !isAnything(at: path)
    try files.makeDirectory(path)
    if isNew { try files.synchronizeDirectory("\(path)/..") }
    try files.makeDirectory(folder)
    return folder
  }

  /// Waits until all files of a checkpoint have been written, by whatever rank, and publishes it.
  ///
  /// - Parameters:
  ///   - name: The checkpoint; one of that name is replaced.
  ///   - names: Its files.
  ///   - limit: How long the files are waited for.
  ///   - files: The file system.
  ///   - members: The first members of the manifest.
  ///   - manifest: The other ones: a ``CheckpointManifest`` with these files, which may have more members.
  /// - Throws: ``CheckpointError``; the checkpoint is there whole, or is not.
  public func publish(
    _ name: CheckpointName, files names: [String], waitingUpTo limit: Duration,
    using files: some FileOperations = SystemFiles(), members: [EncodedMembers],
    manifest: ([CheckpointFile]) -> some Encodable
  ) throws(CheckpointError) {
    let folder = path(of: name) + CheckpointLayout.partial
    let (records, others) = try records(of: names, in: folder, waitingUpTo: limit)
    let path = "\(folder)/\(CheckpointLayout.manifest)"
    let all = members + [try EncodedMembers(of: manifest(records), for: path)]
    // It mostly has the size of the last one, and is written over it.
    let text = SealedObject.text(all, multipleOf: CheckpointLayout.manifestBlock)
    // One that nobody would read is none.
    guard text.count <= CheckpointLayout.manifestLimit else {
      throw .unwritable(SystemCallError(call: "write", path: path, code: EFBIG))
    }
    try writing { () throws(SystemCallError) in
      for other in others { try files.remove("\(folder)/\(other)") }
      for file in records {
        try files.rename("\(folder)/\(file.writtenName)", to: "\(folder)/\(file.name)")
      }
      let file = try files.open(path, toHold: text.count)
      try files.write(text.span.rawBytes, to: file)
      try files.synchronize(file)
      try files.synchronizeDirectory(folder)
    }
    // A whole one of that name is one that a run passed over: it has come here again.
    try remove(name, using: files)
    try writing { () throws(SystemCallError) in
      try files.rename(folder, to: self.path(of: name))
      try files.synchronizeDirectory(self.path)
    }
  }

  /// The names in a directory that is being written: what keeps it from being listed is no fault of what was given.
  static func entries(ofWritten path: String) throws(CheckpointError) -> [String] {
    do {
      return try entries(of: path)
    } catch .unreadable(let error) {
      throw .unwritable(error)
    }
  }

  /// The records of files that ranks write, in the same order, as soon as all have been written; and what else is there,
  /// of a checkpoint that was set aside and had other files.
  private func records(
    of names: [String], in folder: String, waitingUpTo limit: Duration
  ) throws(CheckpointError) -> (files: [CheckpointFile], others: [String]) {
    let end = ContinuousClock.now + limit
    while true {
      let entries = try CheckpointFolder.entries(ofWritten: folder)
      let written = Dictionary(
        grouping: entries.compactMap(CheckpointFile.init(writtenAs:)), by: \.name)
      guard let missing = names.first(where: { written[$0] == nil }) else {
        let records = try names.map { (name) throws(CheckpointError) in
          try CheckpointFolder.only(written[name] ?? [], name, in: folder)
        }
        let known = Set(names + records.map(\.writtenName) + [CheckpointLayout.manifest])
        return (records, entries.filter { !known.contains($0) })
      }
      guard .now < end else {
        throw .unwritable(
          SystemCallError(
            call: "wait for the rank that writes it", path: "\(folder)/\(missing)",
            code: ETIMEDOUT))
      }
      // Each look takes the processor from a rank that trains.
      usleep(4000)
    }
  }

  /// The one record of a file.
  private static func only(
    _ records: [CheckpointFile], _ name: String, in folder: String
  ) throws(CheckpointError) -> CheckpointFile {
    guard let record = records.first, records.count == 1 else {
      throw .unexpected(
        file: folder, key: name, expected: "one such file", found: "\(records.count)")
    }
    return record
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
