import Checkpoints
import Glibc
import Kernels
import Synchronization
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

  func create(_ path: String) throws(SystemCallError) -> FileDescriptor {
    try count("open", path)
    return try files.create(path)
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
}

@Suite struct PublicationTests {
  @Test func `a refused call leaves the old file or the new one whole`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("final.safetensors")
    let (old, new) = (Sample([(3, 5)], seed: 1), Sample([(3, 5)], seed: 2))
    try TensorFile.write(new.layout.entries, of: new.buffer, to: path)
    let newBytes = try bytes(of: path)
    try TensorFile.write(old.layout.entries, of: old.buffer, to: path)
    let oldBytes = try bytes(of: path)

    // One open, two writes, one fsync, one rename, one fsync of the directory.
    for call in 0..<6 {
      try write(oldBytes, to: path)
      let files = RefusingFiles(call: call)
      let error = #expect(throws: CheckpointError.self) {
        try TensorFile.write(new.layout.entries, of: new.buffer, to: path, using: files)
      }
      #expect(error?.description.hasSuffix("No space left on device") == true)
      #expect(error?.isBadInput == false)
      #expect(try bytes(of: path) == (call < 5 ? oldBytes : newBytes), "call \(call)")
      #expect(try directory.names == ["final.safetensors"], "call \(call)")
    }
    let files = RefusingFiles(call: 6)
    try TensorFile.write(new.layout.entries, of: new.buffer, to: path, using: files)
    #expect(!files.isExhausted)
    #expect(try bytes(of: path) == newBytes)
  }

  @Test func `a leftover of an earlier attempt is overwritten`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("final.safetensors")
    try write([UInt8](repeating: 1, count: 100_000), to: path + ".partial")
    let sample = Sample([(2, 3)])
    try TensorFile.write(sample.layout.entries, of: sample.buffer, to: path)
    var restored = Buffer(sample.layout)
    try TensorFile(reading: path).read(sample.layout.entries, into: &restored)
    #expect(try directory.names == ["final.safetensors"])
  }

  @Test func `a directory that does not exist is named`() {
    let error = #expect(throws: CheckpointError.self) {
      try TensorFile.write([], of: Buffer(count: 0), to: "/nowhere/final")
    }
    #expect(
      error?.description == "/nowhere/final.partial: open: No such file or directory")
    #expect(error?.isBadInput == false)
  }
}
