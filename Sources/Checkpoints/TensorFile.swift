public import Files
internal import Glibc
public import Kernels

/// A safetensors file, open to be read.
///
/// The header is checked when the file is opened, so that what ``header`` says is true of the file's
/// size; the tensors are checked against their SHA-256 when they are read.
public struct TensorFile: ~Copyable, Sendable {
  /// The metadata key of ``parametersSHA256(_:of:)``, which ``write(_:of:metadata:to:)`` sets.
  public static let digestKey = "sha256"

  /// The longest header that is read, as in the Python package.
  private static let headerLimit = 100_000_000

  /// Which tensors the file holds.
  public let header: TensorFileHeader
  private let file: FileDescriptor
  private let dataStart: Int

  /// Opens a file and checks its header.
  public init(reading path: String) throws(CheckpointError) {
    try self.init(
      try reading { () throws(SystemCallError) in try FileDescriptor.whole(path) }, path)
  }

  /// Opens a file of a checkpoint, which is a regular one, and checks its header.
  public init(ofCheckpoint path: String) throws(CheckpointError) {
    try self.init(try regularFile(path), path)
  }

  private init(_ file: consuming FileDescriptor, _ path: String) throws(CheckpointError) {
    let size = try reading { () throws(SystemCallError) in try file.sizeInBytes }
    let length = try file.bytes(8, at: 0).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    let limit = min(max(0, size - 8), TensorFile.headerLimit)
    guard length <= UInt64(limit) else {
      throw .unexpected(
        file: path, key: "header", expected: "at most \(limit) bytes", found: "\(length)")
    }
    let start = 8 + Int(length)
    let json = try file.bytes(Int(length), at: 8)
    let header = try TensorFileHeader(json: json, dataSize: size - start, file: path)
    self.header = header
    self.file = file
    dataStart = start
  }

  /// Reads tensors into the slots of a layout that has the same names and shapes.
  ///
  /// After an error the slots hold anything.
  ///
  /// - Parameters:
  ///   - entries: The file's tensors, all of them and no others, in the order they were written in.
  ///   - buffer: A buffer of the entries' layout.
  /// - Throws: ``CheckpointError`` if a tensor is missing, has another shape, is not in the layout or
  ///   does not have the digest of the metadata, or if the file cannot be read.
  public borrowing func read(
    _ entries: [Layout.Entry], into buffer: inout Buffer
  ) throws(CheckpointError) {
    try checkShapes(of: entries)
    let tensors = header.tensors.reduce(into: [:]) { $0[$1.name] = $1 }
    for entry in entries {
      guard let tensor = tensors[entry.name] else { continue }
      try read(tensor, into: buffer.mutableSpan(entry.slot))
    }
    try checkDigest(of: entries, in: buffer)
  }

  /// Throws unless the file has these tensors and no others; for a layout whose buffer, if it is not
  /// the file's, may be too large to be made.
  public borrowing func checkShapes(of entries: [Layout.Entry]) throws(CheckpointError) {
    for entry in entries { _ = try tensor(entry) }
    let names = Set(entries.map(\.name))
    if let other = header.tensors.first(where: { !names.contains($0.name) }) {
      throw unexpected(other.name, expected: "no such tensor", found: "shape \(other.shape)")
    }
  }

  /// Reads some tensors into the slots of a layout, without comparing digests: for a file whose bytes have been
  /// compared with their SHA-256.
  ///
  /// - Parameters:
  ///   - entries: Tensors of the file.
  ///   - buffer: A buffer of the entries' layout.
  /// - Throws: ``CheckpointError`` if a tensor is missing or has another shape, or cannot be read.
  public borrowing func readUnchecked(
    _ entries: [Layout.Entry], into buffer: inout Buffer
  ) throws(CheckpointError) {
    for entry in entries {
      try read(try tensor(entry), into: buffer.mutableSpan(entry.slot))
    }
  }

  /// Reads some rows of a tensor into the first floats of a buffer, as ``readUnchecked(_:into:)`` does all of them.
  ///
  /// - Parameters:
  ///   - rows: Rows of the tensor.
  ///   - entry: The tensor, as the file has it.
  ///   - buffer: A buffer of as many floats at least.
  /// - Throws: ``CheckpointError``, as that does.
  public borrowing func readUnchecked(
    _ rows: Range<Int>, of entry: Layout.Entry, into buffer: inout Buffer
  ) throws(CheckpointError) {
    let (tensor, width) = (try tensor(entry), entry.slot.columns)
    precondition(rows.lowerBound >= 0 && rows.upperBound <= entry.slot.rows, "rows \(rows)")
    let start = tensor.bytes.lowerBound + rows.lowerBound * width * MemoryLayout<Float>.size
    var values = buffer.mutableSpan(0..<rows.count * width)
    var bytes = values.mutableRawBytes
    try file.fill(&bytes, at: dataStart + start)
  }

  /// The tensor of a name and a shape.
  private borrowing func tensor(
    _ entry: Layout.Entry
  ) throws(CheckpointError) -> TensorFileHeader.Tensor {
    guard let tensor = header.tensors.first(where: { $0.name == entry.name }) else {
      throw unexpected(entry.name, expected: "a tensor of shape \(entry.shape)", found: "none")
    }
    guard tensor.shape == entry.shape else {
      throw unexpected(
        entry.name, expected: "shape \(entry.shape)", found: "shape \(tensor.shape)")
    }
    return tensor
  }

  private borrowing func read(
    _ tensor: TensorFileHeader.Tensor, into values: consuming MutableSpan<Float>
  ) throws(CheckpointError) {
    var bytes = values.mutableRawBytes
    try file.fill(&bytes, at: dataStart + tensor.bytes.lowerBound)
  }

  /// Compares what was read with the digest in the metadata.
  private borrowing func checkDigest(
    of entries: [Layout.Entry], in buffer: borrowing Buffer
  ) throws(CheckpointError) {
    let key = "__metadata__.\(TensorFile.digestKey)"
    guard let expected = header.metadata[TensorFile.digestKey] else {
      throw unexpected(key, expected: "the tensors' SHA-256", found: "none")
    }
    let found = parametersSHA256(entries, of: buffer)
    guard found == expected else { throw unexpected(key, expected: expected, found: found) }
  }

  private borrowing func unexpected(
    _ key: String, expected: String, found: String
  ) -> CheckpointError {
    .unexpected(file: file.path, key: key, expected: expected, found: found)
  }
}

// MARK: - Writing

extension TensorFile {
  /// Writes entries of a buffer to a file and publishes it in one step.
  ///
  /// The same names, shapes, floats and metadata give the same bytes. Unless told otherwise, the directory is
  /// this program's own: a file `<path>.partial` in it is taken for a leftover of an earlier attempt. The metadata
  /// gets the tensors' digest under ``digestKey``.
  ///
  /// - Parameters:
  ///   - entries: The tensors to write, in this order; their names differ.
  ///   - buffer: A buffer of the entries' layout.
  ///   - metadata: What the file shall say about itself.
  ///   - path: The file; its directory exists.
  ///   - name: How the file is called until it is all there.
  /// - Throws: ``CheckpointError`` if the file system refuses; the path then holds the old bytes or the new.
  public static func write(
    _ entries: [Layout.Entry], of buffer: borrowing Buffer, metadata: [String: String] = [:],
    to path: String, by name: TemporaryName = .fixed
  ) throws(CheckpointError) {
    var metadata = metadata
    metadata[digestKey] = parametersSHA256(entries, of: buffer)
    let header = TensorFileHeader(entries, metadata: metadata).encoded
    try writing { () throws(SystemCallError) in
      try publish(path, by: name) { file throws(SystemCallError) in
        try file.write(header.span.rawBytes)
        for entry in entries { try file.write(buffer.span(entry.slot).rawBytes) }
      }
    }
  }

  /// The floats that are hashed and written at a time: those hashed are in the cache when they are written.
  private static let floatsAtATime = 1 << 16

  /// Writes tensors of a buffer to a file of a directory that nobody reads yet, and waits until they are on
  /// the storage device.
  ///
  /// - Returns: What the file now holds.
  static func create(
    _ template: TensorFileTemplate, of buffer: borrowing Buffer, in folder: String,
    as name: String, using files: some FileOperations
  ) throws(SystemCallError) -> CheckpointFile {
    var digest = ByteDigest()
    let file = try files.open("\(folder)/\(name)", toHold: template.sizeInBytes)
    digest.update(template.header.span.rawBytes)
    try files.write(template.header.span.rawBytes, to: file)
    for run in template.runs {
      for start in stride(from: run.lowerBound, to: run.upperBound, by: floatsAtATime) {
        let part = buffer.span(start..<min(start + floatsAtATime, run.upperBound))
        digest.update(part.rawBytes)
        try files.write(part.rawBytes, to: file)
      }
    }
    try files.synchronize(file)
    return CheckpointFile(
      name: name, sizeInBytes: template.sizeInBytes, sha256: hexadecimal(digest.bytes))
  }
}

extension FileDescriptor {
  /// A number of bytes from an offset.
  fileprivate borrowing func bytes(
    _ count: Int, at offset: Int
  ) throws(CheckpointError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var rawSpan = span.mutableRawBytes
    try fill(&rawSpan, at: offset)
    return bytes
  }

  /// Reads as many bytes as the span holds.
  fileprivate borrowing func fill(
    _ bytes: inout MutableRawSpan, at offset: Int
  ) throws(CheckpointError) {
    let count: Int
    do {
      count = try read(into: &bytes, at: offset)
    } catch {
      throw .unreadable(error)
    }
    guard count == bytes.byteCount else {
      throw .unexpected(
        file: path, key: "size", expected: "\(bytes.byteCount) bytes at \(offset)",
        found: "\(count)")
    }
  }
}
