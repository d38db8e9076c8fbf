import Files
import Foundation
import Synchronization

/// The file system, and a model of what of it is on the storage device: bytes that were synchronised, under names
/// whose directory was synchronised.
///
/// One call can be refused, with or without an effect, or be the last one before the power goes.
final class FaultyFiles: FileOperations {
  /// What happens at one call.
  enum Fault: Hashable {
    /// The call fails with an error number and does nothing.
    case refused(Int32)
    /// Of a write, so many bytes get through before it fails; other calls do nothing.
    case short(Int, Int32)
    /// Of a write, so many bytes get through, and nothing after it.
    case powerLoss(Int)
  }

  /// A file: its bytes, and those of them that are on the device.
  private struct File {
    var bytes: [UInt8] = []
    var durable: [UInt8] = []
    /// Where the next write begins.
    var position = 0

    mutating func write(_ new: [UInt8]) {
      let end = min(position + new.count, bytes.count)
      bytes.replaceSubrange(position..<end, with: new)
      position += new.count
    }
  }

  private struct State {
    var calls = 0
    var isOff = false
    /// By number; a file keeps its number when it is renamed.
    var files: [File] = []
    /// By number; so does a directory.
    var folders: [Folder] = []
    /// The directories' numbers by path: as they are, and as they are on the device.
    var paths: [String: Int] = [:]
    var durablePaths: [String: Int] = [:]

    /// The directory of a path, and the name in it.
    func place(_ path: String) -> (folder: Int, name: String)? {
      let name = (path as NSString).lastPathComponent
      return paths[(path as NSString).deletingLastPathComponent].map { ($0, name) }
    }

    /// The file of a path.
    func file(_ path: String) -> Int? {
      place(path).flatMap { folders[$0.folder].names[$0.name] }
    }
  }

  /// A directory: the numbers of the files in it, and those that are on the device.
  private struct Folder {
    var names: [String: Int] = [:]
    var durable: [String: Int] = [:]
  }

  private let files = SystemFiles()
  private let fault: (call: Int, kind: Fault)?
  private let linkRefusal: Int32?
  private let overwriteRefusal: Int32?
  private let state: Mutex<State>

  /// Begins with a directory that is there; of a file system without links, all are refused for a reason, and so are
  /// files that are not to be written over.
  init(
    _ root: String, fault: (call: Int, kind: Fault)? = nil, refusingLinks linkRefusal: Int32? = nil,
    refusingOverwrites overwriteRefusal: Int32? = nil
  ) {
    self.fault = fault
    self.linkRefusal = linkRefusal
    self.overwriteRefusal = overwriteRefusal
    var state = State()
    state.folders = [Folder()]
    state.paths = [root: 0]
    state.durablePaths = [root: 0]
    self.state = Mutex(state)
  }

  /// The calls made so far.
  var calls: Int { state.withLock { $0.calls } }

  /// Counts a call; returns how many bytes of a write get through if it is the one that fails, and the error.
  private func begin(_ call: String, _ path: String) throws(SystemCallError) -> (Int, Int32)? {
    let (index, isOff) = state.withLock { state in
      state.calls += 1
      return (state.calls, state.isOff)
    }
    if isOff { throw SystemCallError(call: call, path: path, code: EIO) }
    guard let fault, fault.call == index else { return nil }
    switch fault.kind {
    case .refused(let code): throw SystemCallError(call: call, path: path, code: code)
    case .short(let bytes, let code): return (bytes, code)
    case .powerLoss(let bytes):
      state.withLock { $0.isOff = true }
      return (bytes, EIO)
    }
  }

  private func refuse(
    _ failure: (Int, Int32)?, _ call: String, _ path: String
  ) throws(SystemCallError) {
    if let failure { throw SystemCallError(call: call, path: path, code: failure.1) }
  }

  func createNew(_ path: String) throws(SystemCallError) -> FileDescriptor {
    try refuse(try begin("open", path), "open", path)
    let file = try files.createNew(path)
    state.withLock { state in
      guard let place = state.place(path) else { return }
      state.folders[place.folder].names[place.name] = state.files.count
      state.files.append(File())
    }
    return file
  }

  func overwrite(_ path: String) throws(SystemCallError) -> FileDescriptor {
    try refuse(try begin("open", path), "open", path)
    if let code = overwriteRefusal { throw SystemCallError(call: "open", path: path, code: code) }
    let file = try files.overwrite(path)
    state.withLock { state in
      if let number = state.file(path) { state.files[number].position = 0 }
    }
    return file
  }

  func link(_ path: String, to destination: String) throws(SystemCallError) {
    try refuse(try begin("link", path), "link", path)
    if let code = linkRefusal { throw SystemCallError(call: "link", path: path, code: code) }
    try files.link(path, to: destination)
    state.withLock { state in
      guard let number = state.file(path), let place = state.place(destination) else { return }
      state.folders[place.folder].names[place.name] = number
    }
  }

  func write(_ bytes: RawSpan, to file: borrowing FileDescriptor) throws(SystemCallError) {
    let path = file.path
    let failure = try begin("write", path)
    let count = failure.map { min($0.0, bytes.byteCount) } ?? bytes.byteCount
    try files.write(bytes.extracting(first: count), to: file)
    // Sound: offsets are below the span's count.
    let copy = (0..<count).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    state.withLock { state in
      guard let number = state.file(path) else { return }
      state.files[number].write(copy)
    }
    try refuse(failure, "write", path)
  }

  func synchronize(_ file: borrowing FileDescriptor) throws(SystemCallError) {
    let path = file.path
    try refuse(try begin("fsync", path), "fsync", path)
    state.withLock { state in
      guard let number = state.file(path) else { return }
      state.files[number].durable = state.files[number].bytes
    }
  }

  func rename(_ path: String, to destination: String) throws(SystemCallError) {
    try refuse(try begin("rename", path), "rename", path)
    try files.rename(path, to: destination)
    state.withLock { state in
      if let folder = state.paths.removeValue(forKey: path) {
        state.paths[destination] = folder
      } else if let number = state.file(path), let from = state.place(path),
        let to = state.place(destination)
      {
        state.folders[from.folder].names[from.name] = nil
        state.folders[to.folder].names[to.name] = number
      }
    }
  }

  func synchronizeDirectory(_ path: String) throws(SystemCallError) {
    try refuse(try begin("fsync", path), "fsync", path)
    state.withLock { state in
      guard let folder = state.paths[path] else { return }
      state.folders[folder].durable = state.folders[folder].names
      func isChild(_ name: String) -> Bool {
        (name as NSString).deletingLastPathComponent == path
      }
      state.durablePaths = state.durablePaths.filter { !isChild($0.key) }
        .merging(state.paths.filter { isChild($0.key) }) { $1 }
    }
  }

  func remove(_ path: String) throws(SystemCallError) {
    try refuse(try begin("unlink", path), "unlink", path)
    try files.remove(path)
    state.withLock { state in
      guard let place = state.place(path) else { return }
      state.folders[place.folder].names[place.name] = nil
    }
  }

  func makeDirectory(_ path: String) throws(SystemCallError) {
    try refuse(try begin("mkdir", path), "mkdir", path)
    try files.makeDirectory(path)
    state.withLock { state in
      guard state.paths[path] == nil else { return }
      state.paths[path] = state.folders.count
      state.folders.append(Folder())
    }
  }

  func removeDirectory(_ path: String) throws(SystemCallError) {
    try refuse(try begin("rmdir", path), "rmdir", path)
    try files.removeDirectory(path)
    state.withLock { $0.paths[path] = nil }
  }

  /// Which names that were not synchronised are on the device after the power went.
  enum Names: CaseIterable { case all, none, ofDirectories, ofFiles }

  /// Writes to another directory what is on the device after the power went: of bytes that were not synchronised
  /// as many as `kept` says.
  func restore(
    _ root: String, to target: String, keeping: Names, kept: (_ durable: Int, _ all: Int) -> Int
  ) throws {
    let state = state.withLock { $0 }
    let keepsDirectories = keeping == .all || keeping == .ofDirectories
    let keepsFiles = keeping == .all || keeping == .ofFiles
    for (path, number) in keepsDirectories ? state.paths : state.durablePaths {
      let folder = target + path.dropFirst(root.count)
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      let names = state.folders[number]
      for (name, number) in keepsFiles ? names.names : names.durable {
        let file = state.files[number]
        // Of a file that is written over, some blocks have new bytes and the others those that were on the device.
        let isLonger = file.bytes.starts(with: file.durable)
        let new = kept(isLonger ? file.durable.count : 0, file.bytes.count)
        let bytes = file.bytes.prefix(new) + (isLonger ? [] : file.durable.dropFirst(new))
        try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
      }
    }
  }
}
