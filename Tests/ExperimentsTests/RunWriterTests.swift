import Experiments
import Foundation
import TestSupport
import Testing

@Suite struct RunWriterTests {
  private let folder: ScratchFolder
  private let path: String

  init() throws {
    folder = try ScratchFolder()
    path = "\(folder.path)/run"
  }

  private var contents: [String] {
    get throws { try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted() }
  }

  private func writer(overwrites: Bool = false) -> RunWriter {
    RunWriter(path, configuration: RunConfiguration(), overwrites: overwrites)
  }

  @Test func `nothing is made before the first record`() throws {
    let writer = writer()
    #expect(try contents == [])
    try writer.append(["epoch": 0])
    #expect(
      try contents
        == ["run"]
        + ["checkpoints", "config.yaml", "metrics.jsonl", "run.lock"].map { "run/\($0)" })
  }

  @Test func `an older run is there until the first record`() throws {
    let old = try RunDirectory(creating: path, configuration: RunConfiguration())
    try old.appendMetrics(["epoch": 7])
    try old.writeResults(["epoch": 7])
    let before = try contents
    let writer = writer(overwrites: true)
    #expect(try contents == before)
    try writer.append(["epoch": 0])
    #expect(try contents == before.filter { $0 != "run/results.json" })
    #expect(try String(contentsOfFile: old.metricsPath, encoding: .utf8) == "{\"epoch\":0}\n")
  }

  @Test func `a run is locked as long as its writer lives`() throws {
    let writer = writer()
    try writer.append(["epoch": 0])
    let before = try contents
    let error = ExperimentError.beingTrained(path: path)
    #expect(error.isBadInput)
    for overwrites in [false, true] {
      #expect(throws: error) { try RunDirectory.checkIsFree(path, overwrites: overwrites) }
      #expect(throws: error) { try self.writer(overwrites: overwrites).append(["epoch": 0]) }
    }
    #expect(try contents == before)
    withExtendedLifetime(writer) {}
  }

  @Test func `a run that nobody writes any more can be replaced`() throws {
    for epoch in 0..<2 {
      try writer(overwrites: epoch > 0).append(["epoch": epoch])
      #expect(throws: ExperimentError.interrupted(path: path)) {
        try RunDirectory.checkIsFree(path)
      }
    }
  }

  @Test func `a directory that cannot become a run is left as it was`() throws {
    try FileManager.default.createDirectory(
      atPath: "\(path)/checkpoints/mine", withIntermediateDirectories: true)
    let before = try contents
    #expect(throws: ExperimentError.occupied(path: path, entry: "checkpoints")) {
      try writer().append(["epoch": 0])
    }
    #expect(try contents == before)
  }

  @Test func `what a process leaves that is killed while it makes a run is in nobody's way`() throws
  {
    try FileManager.default.createDirectory(
      atPath: "\(path)/checkpoints", withIntermediateDirectories: true)
    for file in ["run.lock", "config.yaml.partial"] {
      try Data("seed".utf8).write(to: URL(filePath: "\(path)/\(file)"))
    }
    try RunDirectory.checkIsFree(path)
    try writer().append(["epoch": 0])
    #expect(try contents.contains("run/config.yaml"))
  }
}
