import Datasets
import Files
import Foundation
import TestSupport
import Testing

/// What a preparation leaves that was ended, and the next one with the same output removes.
@Suite struct LeftoverTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The number of a process that has ended.
  private func numberOfEndedProcess() throws -> String {
    let shell = try FinishedCommand(["sh", "-c", "echo $$"])
    return try #require(shell.output.split(separator: "\n").first.map(String.init))
  }

  private func make(_ name: String, holding entries: [String] = []) throws {
    for path in [name] + entries.map({ "\(name)/\($0)" }) {
      try FileManager.default.createDirectory(
        atPath: directory.file(path), withIntermediateDirectories: true)
    }
  }

  @Test func `a leftover of a process that is no more is removed, and nothing else`() throws {
    let gone = try numberOfEndedProcess()
    let own = ProcessInfo.processInfo.processIdentifier
    try make(".data.\(gone).partial", holding: ["domain_0/train", "domain_1/test"])
    try make(".data.\(own).partial", holding: ["domain_7/train"])
    try directory.write(".data.\(gone).partial/dataset.json", "{}")
    let others = [".data.1.partial", ".data.partial", ".other.\(gone).partial"]
    for name in others { try make(name, holding: ["domain_0/train"]) }
    try ExampleData(rowCounts: [10, 11]).contents().write(to: directory.file("data"))
    #expect(try directory.entries == (others + ["data"]).sorted())
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: directory.file("data")).sorted()
        == ["dataset.json", "domain_0", "domain_1"])
  }

  @Test func `a directory that holds something else is spared`() throws {
    let name = ".data.\(try numberOfEndedProcess()).partial"
    try make(name, holding: ["domain_0", "notes"])
    try ExampleData(rowCounts: [10]).contents().write(to: directory.file("data"))
    #expect(try directory.entries == [name, "data"])
  }

  @Test func `a directory whose lock is held is spared`() throws {
    let name = ".data.\(try numberOfEndedProcess()).partial"
    try make(name, holding: ["domain_0"])
    // As of a process in a container, which has another number there.
    let file = try FileDescriptor(reading: directory.file(name))
    #expect(try file.lock())
    try ExampleData(rowCounts: [10]).contents().write(to: directory.file("data"))
    #expect(try directory.entries == [name, "data"])
    #expect(try file.lock())
  }

  @Test func `a directory of the same number whose lock is held is not written into`() throws {
    let name = ".data.\(ProcessInfo.processInfo.processIdentifier).partial"
    try make(name, holding: ["domain_0"])
    let file = try FileDescriptor(reading: directory.file(name))
    #expect(try file.lock())
    let contents = try ExampleData(rowCounts: [10]).contents()
    #expect(throws: DatasetError.self) { try contents.write(to: directory.file("data")) }
    #expect(try directory.entries == [name])
    #expect(try file.lock())
  }
}
