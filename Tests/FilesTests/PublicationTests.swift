import Files
import Foundation
import Synchronization
import TestSupport
import Testing

/// The file system, refusing one call: the n-th that is made.
private final class RefusingFiles: FileOperations {
  private let files = SystemFiles()
  private let remaining: Mutex<Int>

  init(call: Int) { remaining = Mutex(call) }

  /// Whether fewer calls were made than the one to refuse.
  var isExhausted: Bool { remaining.withLock { $0 < 0 } }

  private func count(_ call: String, _ path: String) throws(SystemCallError) {
    let left = remaining.withLock { remaining in
      remaining -= 1
      return remaining
    }
    if left == -1 { throw SystemCallError(call: call, path: path, code: ENOSPC) }
  }

  func createNew(_ path: String) throws(SystemCallError) -> FileDescriptor {
    try count("open", path)
    return try files.createNew(path)
  }

  func overwrite(_ path: String) throws(SystemCallError) -> FileDescriptor {
    try count("open", path)
    return try files.overwrite(path)
  }

  func write(_ bytes: RawSpan, to file: borrowing FileDescriptor) throws(SystemCallError) {
    // A full disk takes what fits.
    do {
      try count("write", file.path)
    } catch {
      try files.write(bytes.extracting(first: bytes.byteCount / 2), to: file)
      throw error
    }
    try files.write(bytes, to: file)
  }

  func link(_ path: String, to destination: String) throws(SystemCallError) {
    try count("link", path)
    try files.link(path, to: destination)
  }

  func synchronize(_ file: borrowing FileDescriptor) throws(SystemCallError) {
    try count("fsync", file.path)
    try files.synchronize(file)
  }

  func rename(_ path: String, to destination: String) throws(SystemCallError) {
    try count("rename", destination)
    try files.rename(path, to: destination)
  }

  func synchronizeDirectory(_ path: String) throws(SystemCallError) {
    try count("fsync", path)
    try files.synchronizeDirectory(path)
  }

  func remove(_ path: String) throws(SystemCallError) { try files.remove(path) }

  func makeDirectory(_ path: String) throws(SystemCallError) { try files.makeDirectory(path) }

  func removeDirectory(_ path: String) throws(SystemCallError) { try files.removeDirectory(path) }
}

@Suite struct PublicationTests {
  private let folder: ScratchFolder
  private let path: String

  init() throws {
    folder = try ScratchFolder()
    path = "\(folder.path)/figures"
  }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
  }

  private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

  @Test(arguments: [TemporaryName.fixed, .unique])
  func `a refused call leaves the old file or the new one whole`(name: TemporaryName) throws {
    let old = [UInt8](repeating: 1, count: 100)
    let new = [UInt8](repeating: 2, count: 70)
    func publish(using files: RefusingFiles) throws(SystemCallError) {
      try Files.publish(path, by: name, using: files) { file throws(SystemCallError) in
        try files.write(new.span.rawBytes, to: file)
        try files.write(new.span.rawBytes, to: file)
      }
    }
    // One open, two writes, one fsync, one rename, one fsync of the directory.
    for call in 0..<6 {
      try Data(old).write(to: URL(filePath: path))
      let error = #expect(throws: SystemCallError.self) {
        try publish(using: RefusingFiles(call: call))
      }
      #expect(error?.description.hasSuffix("No space left on device") == true)
      #expect(try bytes() == (call < 5 ? old : new + new), "call \(call)")
      #expect(try names == ["figures"], "call \(call)")
    }
    let files = RefusingFiles(call: 6)
    try publish(using: files)
    #expect(!files.isExhausted)
    #expect(try bytes() == new + new)
  }

  @Test func `a leftover of an earlier attempt is replaced`() throws {
    try Data(count: 100_000).write(to: URL(filePath: path + ".partial"))
    try publish([1, 2, 3], to: path, by: .fixed)
    #expect(try bytes() == [1, 2, 3])
    #expect(try names == ["figures"])
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["symbolic link", "second name", "pipe"])
  func `what somebody put in place of a leftover is replaced, and not written to`(kind: String)
    throws
  {
    let (own, leftover) = ("\(folder.path)/own", path + ".partial")
    try Data([7]).write(to: URL(filePath: own))
    switch kind {
    case "symbolic link":
      try FileManager.default.createSymbolicLink(atPath: leftover, withDestinationPath: own)
    case "second name": try FileManager.default.linkItem(atPath: own, toPath: leftover)
    default: try #require(unsafe mkfifo(leftover, 0o600) == 0)
    }
    try publish([1, 2, 3], to: path, by: .fixed)
    #expect(try bytes() == [1, 2, 3])
    #expect(try Data(contentsOf: URL(filePath: own)) == Data([7]))
    #expect(try names == ["figures", "own"])
    #expect(kindOfNonregularFile(at: path) == nil)
  }

  @Test func `a unique name spares what others have beside the file`() throws {
    let own = "\(folder.path)/own"
    let others = ["figures.partial", "figures.0.partial", "figures.1.partial"]
    try Data([7]).write(to: URL(filePath: own))
    for name in others {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(name)", withDestinationPath: own)
    }
    try publish([1, 2, 3], to: path, by: .unique)
    #expect(try bytes() == [1, 2, 3])
    #expect(try Data(contentsOf: URL(filePath: own)) == Data([7]))
    #expect(try names == (others + ["figures", "own"]).sorted())
  }

  @Test func `what a process left is removed when it is no more, and nothing else`() throws {
    let gone = try numberOfEndedProcess()
    let held = "figures.moe-mlora-\(gone).partial"
    let others = [
      "figures.\(gone).partial", "figures.moe-mlora-1.partial", "figures.moe-mlora-0.partial",
      "figures.moe-mlora-0\(gone).partial", "figures.moe-mlora-\(gone).partial.txt",
      "figures.moe-mlora-\(gone)x.partial", "others.moe-mlora-\(gone).partial",
    ]
    for name in others + [held] {
      try Data([7]).write(to: URL(filePath: "\(folder.path)/\(name)"))
    }
    do {
      // As of a process on another machine, or in a container.
      let file = try FileDescriptor(reading: "\(folder.path)/\(held)")
      #expect(try file.lock())
      try publish([1], to: path, by: .unique)
      #expect(try names == (others + ["figures", held]).sorted())
      #expect(try file.sizeInBytes == 1)
    }
    try publish([2], to: path, by: .unique)
    #expect(try names == (others + ["figures"]).sorted())
    #expect(try bytes() == [2])
  }

  @Test func `a link or a directory with the name of a leftover is spared`() throws {
    let gone = try numberOfEndedProcess()
    let own = "\(folder.path)/own"
    let name = "figures.moe-mlora-\(gone).partial"
    try Data([7]).write(to: URL(filePath: own))
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/\(name)", withDestinationPath: own)
    try publish([1], to: path, by: .unique)
    #expect(try names == ["figures", name, "own"])
  }

  /// The number of a process that has ended, not given to another one since.
  private func numberOfEndedProcess() throws -> String {
    let shell = try FinishedCommand(["sh", "-c", "echo $$"])
    return try #require(shell.output.split(separator: "\n").first.map(String.init))
  }

  @Test(arguments: [
    (TemporaryName.fixed, "figures.partial"),
    (.unique, "figures.moe-mlora-\(ProcessInfo.processInfo.processIdentifier).partial"),
  ])
  func `a directory that does not exist is named`(name: TemporaryName, file: String) {
    let error = #expect(throws: SystemCallError.self) {
      try publish([], to: "/nowhere/figures", by: name)
    }
    #expect(error?.description == "/nowhere/\(file): open: No such file or directory")
  }
}
