import Checkpoints
import Files
import Foundation
import Kernels
import Testing

// What becomes of checkpoints that are not kept.

extension CheckpointFolderTests {
  @Test func `what is set aside is written over, unless another checkpoint shares it`() throws {
    let folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    func inode(_ path: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    }
    let record = try write(3, to: folder)
    let changing = try inode("\(folder.path(of: name(3)))/\(Self.file)")
    let inodeOfManifest = try inode("\(folder.path(of: name(3)))/manifest.json")
    let best = try inode("\(folder.path(of: name(3)))/\(Self.common)")
    try write(6, to: folder, linking: record)
    let spare = try #require(try folder.leftovers.first)
    #expect(!FileManager.default.fileExists(atPath: "\(spare)/\(Self.common)"))
    try write(9, to: folder, linking: record)
    #expect(try inode("\(folder.path(of: name(9)))/\(Self.file)") == changing)
    #expect(try inode("\(folder.path(of: name(9)))/manifest.json") == inodeOfManifest)
    let text = try Data(contentsOf: URL(filePath: "\(folder.path(of: name(9)))/manifest.json"))
    #expect(text.count == 4096 && text.last == 0x0A)
    #expect(try inode("\(folder.path(of: name(9)))/\(Self.common)") == best)
    #expect(try newest(in: folder) == 9)
    // One of another size is not written over, and one that the next checkpoint has not is removed.
    let other = Sample([(3, 41)], seed: 1)
    let written = try folder.write(
      Self.file, .init(other.layout.entries), of: other.buffer, for: name(12))
    try folder.publish(
      name(12), files: [Self.file], waitingUpTo: .seconds(1),
      members: [.init(of: Self.identity, for: "manifest.json")]
    ) {
      manifest(12, $0)
    }
    let found = try folder.manifest(of: name(12)).common
    #expect(found.files == [written])
  }

  @Test func `a damaged checkpoint is not kept in place of a good one`() throws {
    let folder = CheckpointFolder(path: scratch.path)
    for steps in [3, 6, 9] {
      let sample = CheckpointFolderTests.samples[steps / 3 - 1]
      try folder.write(
        Self.file, .init(sample.layout.entries), of: sample.buffer, for: name(steps))
      try folder.publish(
        name(steps), files: [Self.file], waitingUpTo: .seconds(1),
        members: [.init(of: Self.identity, for: "manifest.json")]
      ) {
        manifest(steps, $0)
      }
    }
    folder.retire(olderThan: name(9), keeping: 2, damaged: [name(6)], overwriting: [Self.file])
    #expect(try folder.names == [name(9), name(3)])
    folder.retire(olderThan: name(9), keeping: 1, damaged: [], overwriting: [Self.file])
    #expect(try folder.names == [name(9)])
    #expect(try folder.leftovers.map(CheckpointFolder.isSetAside) == [true])
    // What is not this program's is not removed, nor what it lies in, and nothing else happens.
    let folderInside = "\(folder.path(of: name(9)))/folder"
    try FileManager.default.createDirectory(atPath: folderInside, withIntermediateDirectories: true)
    folder.retire(
      olderThan: .init("backbone", .finished), keeping: 1, damaged: [], overwriting: [])
    #expect(try folder.names == [name(9)] && folder.leftovers == [])
    #expect(isDirectory(folderInside))
    try FileManager.default.removeItem(atPath: folderInside)
    folder.retire(
      olderThan: .init("backbone", .finished), keeping: 1, damaged: [], overwriting: [])
    #expect(try folder.directories == [])
  }
}
