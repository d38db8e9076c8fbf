import Checkpoints
import Files
import Foundation
import Kernels
import TestSupport
import Testing

@Suite struct CheckpointFolderTests {
  let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  static let file = "changing.safetensors"
  /// A file that both checkpoints have with the same bytes.
  static let common = "best.safetensors"
  static let best = Sample([(5, 30)], seed: 9)
  static let samples = [3, 6, 9].map { Sample([(3, 40), (1, 70)], seed: $0) }

  static let identity = CheckpointIdentity(
    configuration: ["seed": "7"], dataset: .init(name: "d", fingerprint: "f", directory: "/d"),
    build: ["b"])

  func manifest(_ steps: Int, _ files: [CheckpointFile]) -> CheckpointManifest {
    var manifest = CheckpointManifest(
      phase: "backbone", expert: nil, epoch: 1, step: steps, nextSample: 0, isFinished: false,
      parts: .init(count: 1, blockRows: nil))
    manifest.files = files
    return manifest
  }

  func name(_ steps: Int) -> CheckpointName { .init("backbone", .steps(steps)) }

  /// Writes a checkpoint after 3, 6 or 9 steps, and then sets that aside which is 3 steps older.
  ///
  /// Links to the common file of the older one if its record is given, and returns that record.
  @discardableResult func write(
    _ steps: Int, to folder: CheckpointFolder, linking record: CheckpointFile? = nil,
    using files: some FileOperations = SystemFiles()
  ) throws -> CheckpointFile {
    let sample = CheckpointFolderTests.samples[steps / 3 - 1]
    try folder.write(
      Self.file, .init(sample.layout.entries), of: sample.buffer, for: name(steps), using: files)
    let best = CheckpointFolderTests.best
    var common = record
    if let record, try !folder.link(record, of: name(steps - 3), for: name(steps), using: files) {
      common = nil
    }
    let written =
      try common
      ?? folder.write(
        Self.common, .init(best.layout.entries), of: best.buffer, for: name(steps), using: files)
    try folder.publish(
      name(steps), files: [Self.file, Self.common], waitingUpTo: .seconds(1), using: files,
      members: [.init(of: Self.identity, for: "manifest.json")]
    ) { manifest(steps, $0) }
    try folder.setAside(name(steps - 3), keeping: [Self.file], using: files)
    return written
  }

  /// The newest checkpoint that is whole, whose tensors and state must be those that were written.
  func newest(in folder: CheckpointFolder) throws -> Int? {
    for found in try folder.names {
      guard let manifest = try? folder.manifest(of: found).common else {
        continue
      }
      let steps = found.order
      let sample = CheckpointFolderTests.samples[steps / 3 - 1]
      var buffer = Buffer(sample.layout)
      try TensorFile(reading: "\(folder.path(of: found))/\(Self.file)")
        .readUnchecked(sample.layout.entries, into: &buffer)
      #expect(bits(of: buffer) == bits(of: sample.buffer))
      let best = CheckpointFolderTests.best
      var common = Buffer(best.layout)
      try TensorFile(reading: "\(folder.path(of: found))/\(Self.common)")
        .readUnchecked(best.layout.entries, into: &common)
      #expect(bits(of: common) == bits(of: best.buffer))
      #expect(manifest == self.manifest(steps, manifest.files))
      return steps
    }
    return nil
  }

  @Test(arguments: Sample.all + [Sample([(300, 256), (1, 16), (2, 300), (1, 1)])])
  func `tensors that lie together and apart are in the file as in the buffer`(
    sample: Sample
  ) throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    let entries = sample.layout.entries
    let record = try folder.write(Self.file, .init(entries), of: sample.buffer, for: name(3))
    try folder.publish(
      name(3), files: [Self.file], waitingUpTo: .seconds(1),
      members: [.init(of: Self.identity, for: "manifest.json")]
    ) {
      manifest(3, $0)
    }
    #expect(try folder.manifest(of: name(3)).common.files == [record])
    let file = try TensorFile(ofCheckpoint: "\(folder.path(of: name(3)))/\(Self.file)")
    try file.checkShapes(of: entries)
    var buffer = Buffer(sample.layout)
    try file.readUnchecked(entries, into: &buffer)
    #expect(bits(of: buffer) == bits(of: sample.buffer))
  }

  @Test func `a checkpoint is listed, read and removed`() throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    #expect(try folder.names == [] && folder.leftovers == [])
    try write(3, to: folder)
    #expect(try folder.names == [name(3)])
    #expect(try newest(in: folder) == 3)
    try write(6, to: folder)
    #expect(try folder.names == [name(6)])
    #expect(try folder.leftovers == ["\(folder.path)/backbone-finished.spare"])
    #expect(try newest(in: folder) == 6)
    // What has the name of a checkpoint that a run comes to again is replaced.
    try write(6, to: folder)
    #expect(try newest(in: folder) == 6)
    try folder.remove(name(6))
    try folder.removeSpare(of: "backbone")
    #expect(try folder.directories == [])
  }

  @Test func `ranks that begin a checkpoint at once get one directory`() async throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    for steps in [3, 6] { try write(steps, to: folder) }
    for round in 0..<50 {
      let name = CheckpointName("backbone", .steps(100 + round))
      await withTaskGroup(of: Void.self) { group in
        for rank in 0..<4 {
          group.addTask {
            let sample = Self.samples[rank % 3]
            #expect(throws: Never.self) {
              try folder.write(
                "rows-\(rank).safetensors", .init(sample.layout.entries), of: sample.buffer,
                for: name)
            }
          }
        }
      }
      let written = try namesInDirectory(folder.path(of: name) + ".partial")
      #expect(written.filter { $0.hasPrefix("rows") && $0.contains(".written-") }.count == 4)
      try folder.publish(
        name, files: (0..<4).map { "rows-\($0).safetensors" }, waitingUpTo: .seconds(1),
        members: [.init(of: Self.identity, for: "manifest.json")]
      ) { manifest(100 + round, $0) }
      let found = try folder.manifest(of: name).common
      #expect(found.files.count == 4)
      try folder.setAside(name, keeping: (0..<4).map { "rows-\($0).safetensors" })
    }
  }

  @Test func `nothing is taken from what was set aside but the bytes to write over`() throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    for steps in [3, 6] { try write(steps, to: folder) }
    // A file that looks as if the next checkpoint's had been written, and one that must not be opened to write.
    let spare = try #require(try folder.leftovers.first)
    let stale = "\(Self.file).written-3-\(String(repeating: "0", count: 64))"
    try folder.removeSpare(of: "backbone")
    let old = folder.path(of: name(6))
    try Data("old".utf8).write(to: URL(filePath: "\(old)/\(stale)"))
    try folder.setAside(name(6), keeping: [Self.file])
    #expect(
      try namesInDirectory(spare).sorted() == [Self.file, "manifest.json"])
    try write(9, to: folder)
    #expect(try newest(in: folder) == 9)
  }

  /// As when another rank, on another machine, puts what was set aside in the place of a directory that was just made.
  @Test(arguments: [ENOENT, ESTALE])
  func `a file whose directory vanishes once is written all the same`(code: Int32) throws {
    let sample = CheckpointFolderTests.samples[0]
    let unhindered = FaultyFiles(scratch.path)
    func write(using files: FaultyFiles) throws -> CheckpointFile {
      let folder = CheckpointFolder(path: scratch.path)
      defer { try? folder.removeAll() }
      return try folder.write(
        Self.file, .init(sample.layout.entries), of: sample.buffer, for: name(3), using: files)
    }
    let expected = try write(using: unhindered)
    #expect(unhindered.calls > 4)
    for call in 1...unhindered.calls {
      let files = FaultyFiles(scratch.path, fault: (call, .refused(code)))
      #expect(try write(using: files) == expected, "call \(call)")
      let other = FaultyFiles(scratch.path, fault: (call, .refused(EIO)))
      #expect(throws: CheckpointError.self, "call \(call)") { try write(using: other) }
    }
  }

  @Test func `what may not be written over is made anew`() throws {
    let files = FaultyFiles(scratch.path, refusingOverwrites: EACCES)
    let folder = CheckpointFolder(path: scratch.path)
    for steps in [3, 6, 9] { try write(steps, to: folder, using: files) }
    #expect(try newest(in: folder) == 9)
  }

  @Test func `a linked file stays when that which it was linked to is removed or written anew`()
    throws
  {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    let record = try write(3, to: folder)
    let copy = "\(scratch.path)/copy"
    try linkFile("\(folder.path(of: name(3)))/\(Self.common)", to: copy)
    #expect(try write(6, to: folder, linking: record) == record)
    #expect(isSameFile("\(folder.path(of: name(6)))/\(Self.common)", copy))
    #expect(try newest(in: folder) == 6)
    // The other one is gone now: the file is written.
    #expect(try write(6, to: folder, linking: record) == record)
    #expect(!isSameFile("\(folder.path(of: name(6)))/\(Self.common)", copy))
    // What an attempt has left under its name is not written over.
    let partial = folder.path(of: name(9)) + ".partial"
    try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
    try linkFile("\(folder.path(of: name(6)))/\(Self.common)", to: "\(partial)/\(Self.common)")
    let other = CheckpointFolderTests.samples[0]
    try folder.write(Self.common, .init(other.layout.entries), of: other.buffer, for: name(9))
    #expect(try newest(in: folder) == 6)
  }

  @Test(arguments: [EPERM, EXDEV, EMLINK, ENOTSUP, ENOENT])
  func `what cannot be linked is written`(code: Int32) throws {
    let files = FaultyFiles(scratch.path, refusingLinks: code)
    let folder = CheckpointFolder(path: scratch.path)
    let record = try write(3, to: folder, using: files)
    #expect(try write(6, to: folder, linking: record, using: files) == record)
    #expect(try newest(in: folder) == 6)
  }

  @Test func `names are read as they are written, the furthest first`() {
    for text in ["backbone-000000400", "expert-12-finished", "gate-1234567890"] {
      #expect(CheckpointName(text)?.text == text)
    }
    for text in [
      "backbone", "backbone-400", "-000000400", "backbone-000000400.partial", "gate--00000001",
    ] {
      #expect(CheckpointName(text) == nil, "\(text)")
    }
    #expect(CheckpointName("gate", .finished).order > CheckpointName("gate", .steps(9)).order)
  }

  @Test func `every flipped bit is found before anything is used`() throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    try write(6, to: folder, linking: try write(3, to: folder))
    let path = folder.path(of: name(6))
    let files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    #expect(files == ["best.safetensors", "changing.safetensors", "manifest.json"])
    let sizes = try files.map { try Data(contentsOf: URL(filePath: "\(path)/\($0)")).count }
    let stream = RandomStream(seed: 11, purpose: .synthesis)
    var found = 0
    for index in 0..<1000 {
      // Bits of all files alike, so that each has its share.
      var bit = stream.integer(below: 8 * sizes.reduce(0, +), at: index)
      let file =
        sizes.indices.first { file in
          if bit < 8 * sizes[file] { return true }
          bit -= 8 * sizes[file]
          return false
        } ?? 0
      let url = URL(filePath: "\(path)/\(files[file])")
      var bytes = try Data(contentsOf: url)
      bytes[bit / 8] ^= 1 << (bit % 8)
      try bytes.write(to: url)
      do throws(CheckpointError) {
        _ = try folder.manifest(of: name(6)).common
        Issue.record("bit \(bit % 8) of byte \(bit / 8) of \(files[file]) was not found")
      } catch {
        found += error.isBadInput ? 1 : 0
      }
      bytes[bit / 8] ^= 1 << (bit % 8)
      try bytes.write(to: url)
    }
    #expect(found == 1000)
    print("flipped bits: \(found) of 1000 were found")
    #expect(try newest(in: folder) == 6)
  }

  @Test func `a file more, or one less, is found`() throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    try write(6, to: folder)
    let other = "\(folder.path(of: name(6)))/other"
    try Data().write(to: URL(filePath: other))
    let path = folder.path(of: name(6))
    #expect(
      throws: CheckpointError.unexpected(
        file: path, key: "files", expected: "those of its manifest alone", found: "other")
    ) { try folder.manifest(of: name(6)) }
    try FileManager.default.removeItem(atPath: other)
    #expect(try newest(in: folder) == 6)
    try FileManager.default.removeItem(atPath: "\(path)/\(Self.file)")
    #expect(
      throws: CheckpointError.unexpected(
        file: path, key: "files", expected: Self.file, found: "none of that name")
    ) { try folder.manifest(of: name(6)) }
  }

  @Test(.timeLimit(.minutes(1))) func `what is no regular file is refused at once`() throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    try write(6, to: folder)
    for file in [Self.file, Self.common, "manifest.json"] {
      let path = "\(folder.path(of: name(6)))/\(file)"
      let aside = "\(scratch.path)/aside"
      try FileManager.default.moveItem(atPath: path, toPath: aside)
      let others: [(String, () throws -> Void)] = [
        (
          "a symbolic link",
          { try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: aside) }
        ),
        (
          "a directory",
          {
            try FileManager.default.createDirectory(
              atPath: path, withIntermediateDirectories: false)
          }
        ),
        ("a pipe", { try #require(unsafe mkfifo(path, 0o644) == 0) }),
      ]
      for (kind, make) in others {
        try make()
        #expect(
          throws: CheckpointError.otherKind(
            path: path, expected: "a regular file", found: kind)
        ) { try folder.manifest(of: name(6)).common }
        #expect(throws: CheckpointError.self) { _ = try TensorFile(ofCheckpoint: path).header }
        try FileManager.default.removeItem(atPath: path)
      }
      try FileManager.default.moveItem(atPath: aside, toPath: path)
    }
    #expect(try newest(in: folder) == 6)
  }

  @Test func `what a link leads to is neither read nor removed`() throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    try write(6, to: folder)
    let (path, aside) = (folder.path(of: name(6)), "\(scratch.path)/aside")
    try FileManager.default.moveItem(atPath: path, toPath: aside)
    let files = try FileManager.default.contentsOfDirectory(atPath: aside).sorted()
    for link in [path, "\(path).partial"] {
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: aside)
    }
    #expect(
      throws: CheckpointError.otherKind(
        path: path, expected: "a directory", found: "a symbolic link")
    ) { try folder.manifest(of: name(6)).common }
    #expect(try folder.directories.count == 2)
    try folder.removeAll()
    #expect(try folder.directories == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: aside).sorted() == files)
  }

  @Test func `a file with the name of a checkpoint gives way to it`() throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    let path = folder.path(of: name(6))
    for file in [path, "\(path).removed"] { try Data().write(to: URL(filePath: file)) }
    #expect(folder.contains(name(6)))
    #expect(throws: CheckpointError.self) {
      try folder.manifest(of: name(6)).common
    }
    try write(6, to: folder)
    #expect(try newest(in: folder) == 6)
    #expect(try folder.leftovers == [])
  }

  @Test func `a directory that cannot be listed is no empty one`() throws {
    let path = "\(scratch.path)/file"
    try Data().write(to: URL(filePath: path))
    let refusal = CheckpointError.unreadable(
      SystemCallError(call: "opendir", path: path, code: ENOTDIR))
    #expect(throws: refusal) { try CheckpointFolder(path: path).names }
    #expect(throws: refusal) { try CheckpointFolder(path: path).leftovers }
  }
}
