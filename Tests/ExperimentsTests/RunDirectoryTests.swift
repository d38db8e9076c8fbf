import Experiments
import Foundation
import Testing

@Suite struct RunDirectoryTests {
  private struct Record: Codable, Equatable {
    var phase: String
    var epoch: Int
    var loss: Double
  }

  /// Calls `body` with the path of a directory that exists for the time of the call.
  private func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(directory.path)
  }

  private func entries(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  @Test(arguments: ["", "/", "/new", "/new/deep/"])
  func `a new or empty directory becomes a run`(suffix: String) throws {
    try withTemporaryDirectory { parent in
      let path = "\(parent)/a\(suffix)"
      try FileManager.default.createDirectory(
        atPath: "\(parent)/a", withIntermediateDirectories: true)
      var configuration = RunConfiguration()
      configuration.seed = 9
      let run = try RunDirectory(creating: path, configuration: configuration)
      #expect(try entries(path) == ["checkpoints", "config.yaml", "run.lock"])
      #expect(try run.configuration() == configuration)
      #expect(try RunDirectory(existing: path) == run)
    }
  }

  @Test func `a directory with something in it is left as it is`() throws {
    try withTemporaryDirectory { path in
      try Data().write(to: URL(filePath: "\(path)/notes.txt"))
      #expect(throws: ExperimentError.occupied(path: path, entry: "notes.txt")) {
        try RunDirectory(creating: path, configuration: RunConfiguration())
      }
      #expect(try entries(path) == ["notes.txt"])
    }
  }

  @Test(arguments: [false, true])
  func `a run that did not finish is told from other files`(hasMetrics: Bool) throws {
    try withTemporaryDirectory { parent in
      let run = try RunDirectory(creating: "\(parent)/a", configuration: RunConfiguration())
      if hasMetrics { try run.appendMetrics(Record(phase: "gate", epoch: 0, loss: 1)) }
      let error = ExperimentError.interrupted(path: run.path)
      #expect(throws: error) { try RunDirectory.checkIsFree(run.path) }
      #expect(
        "\(error)".contains(
          "(no results.json); go on with it (--resume), choose another directory or replace it"))
      try run.writeResults(Record(phase: "gate", epoch: 0, loss: 1))
      let finished = ExperimentError.finished(path: run.path)
      #expect(throws: finished) { try RunDirectory.checkIsFree(run.path) }
      #expect(
        "\(finished)".hasSuffix(
          "found a finished run; choose another directory or replace it with --overwrite"))
    }
  }

  @Test(arguments: [false, true], ["", "/"])
  func `a run is replaced when that is asked for`(isFinished: Bool, slash: String) throws {
    try withTemporaryDirectory { parent in
      let run = try RunDirectory(creating: "\(parent)/a", configuration: RunConfiguration())
      let record = Record(phase: "gate", epoch: 0, loss: 1)
      try run.appendMetrics(record)
      try Data().write(to: URL(filePath: run.finalCheckpointPath))
      for file in ["config.yaml", "metrics.jsonl", "results.json", "checkpoints/final.safetensors"]
      {
        try Data().write(to: URL(filePath: "\(run.path)/\(file).partial"))
      }
      if isFinished { try run.writeResults(record) }
      var configuration = RunConfiguration()
      configuration.seed = 9
      let new = try RunDirectory(
        creating: run.path + slash, configuration: configuration, overwrites: true)
      #expect(try entries(run.path) == ["checkpoints", "config.yaml", "run.lock"])
      #expect(try entries(run.checkpointsPath) == [])
      #expect(try new.configuration() == configuration)
    }
  }

  @Test(arguments: [
    ("notes.txt", "notes.txt in it"), ("checkpoints/other", "checkpoints/other in it"),
    ("config.yaml/x", "no config.yaml of a run in it"), ("metrics.jsonl/x", "metrics.jsonl in it"),
    ("results.json.partial/x", "results.json.partial in it"),
  ])
  func `what is not a run is never replaced`(entry: String, found: String) throws {
    try withTemporaryDirectory { parent in
      let run = try RunDirectory(creating: "\(parent)/a", configuration: RunConfiguration())
      let url = URL(filePath: "\(run.path)/\(entry)")
      let folder = url.deletingLastPathComponent()
      if folder.lastPathComponent == "config.yaml" {
        try FileManager.default.removeItem(at: folder)
      }
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data().write(to: url)
      let before = try FileManager.default.subpathsOfDirectory(atPath: run.path).sorted()
      #expect(
        throws: ExperimentError.notReplaceable(path: run.path, found: found)
      ) {
        try RunDirectory(
          creating: run.path, configuration: RunConfiguration(), overwrites: true)
      }
      #expect(try FileManager.default.subpathsOfDirectory(atPath: run.path).sorted() == before)
    }
  }

  @Test(arguments: [
    ("", "no config.yaml of a run in it"), ("model: {}\n", "no config.yaml of a run in it"),
    (RunConfiguration().yaml, "no directory checkpoints in it"),
  ])
  func `a directory with a configuration alone is never replaced`(
    text: String, found: String
  ) throws {
    try withTemporaryDirectory { path in
      try Data(text.utf8).write(to: URL(filePath: "\(path)/config.yaml"))
      #expect(
        throws: ExperimentError.notReplaceable(path: path, found: found)
      ) { try RunDirectory.checkIsFree(path, overwrites: true) }
      #expect(throws: ExperimentError.occupied(path: path, entry: "config.yaml")) {
        try RunDirectory.checkIsFree(path)
      }
    }
  }

  @Test func `a link to a run is not replaced`() throws {
    try withTemporaryDirectory { parent in
      _ = try RunDirectory(creating: "\(parent)/a", configuration: RunConfiguration())
      try FileManager.default.createSymbolicLink(
        atPath: "\(parent)/link", withDestinationPath: "\(parent)/a")
      #expect(
        throws: ExperimentError.notReplaceable(path: "\(parent)/link", found: "a link")
      ) { try RunDirectory.checkIsFree("\(parent)/link", overwrites: true) }
    }
  }

  @Test func `a link in the place of the checkpoints is not followed`() throws {
    try withTemporaryDirectory { parent in
      let run = try RunDirectory(creating: "\(parent)/a", configuration: RunConfiguration())
      try FileManager.default.moveItem(atPath: run.checkpointsPath, toPath: "\(parent)/mine")
      let mine = "\(parent)/mine/final.safetensors"
      try Data([7]).write(to: URL(filePath: mine))
      try FileManager.default.createSymbolicLink(
        atPath: run.checkpointsPath, withDestinationPath: "\(parent)/mine")
      #expect(
        throws: ExperimentError.notReplaceable(
          path: run.path, found: "no directory checkpoints in it")
      ) {
        try RunDirectory(
          creating: run.path, configuration: RunConfiguration(), overwrites: true)
      }
      #expect(try Data(contentsOf: URL(filePath: mine)) == Data([7]))
    }
  }

  @Test(arguments: ["", "/below", "/far/below"])
  func `a file in the way is named`(suffix: String) throws {
    try withTemporaryDirectory { path in
      try Data().write(to: URL(filePath: "\(path)/file"))
      #expect(throws: ExperimentError.notADirectory(path: "\(path)/file", found: "a file")) {
        try RunDirectory(
          creating: "\(path)/file\(suffix)", configuration: RunConfiguration())
      }
    }
  }

  @Test func `checking a path changes nothing`() throws {
    try withTemporaryDirectory { path in
      try RunDirectory.checkIsFree("\(path)/new/run")
      #expect(try entries(path) == [])
    }
  }

  @Test func `a directory without a configuration is no run`() throws {
    try withTemporaryDirectory { path in
      let error = ExperimentError.notARun(path: path, missing: "config.yaml")
      #expect(throws: error) { try RunDirectory(existing: path) }
      #expect("\(error)" == "\(path): expected the directory of a run, found no config.yaml in it")
    }
  }

  @Test(arguments: [0, 1, 2, 7])
  func `every record is one line, in order`(count: Int) throws {
    try withTemporaryDirectory { parent in
      let run = try RunDirectory(creating: "\(parent)/a", configuration: RunConfiguration())
      let records = (0..<count).map { Record(phase: "a\n\"b\"/", epoch: $0, loss: 1 / 3.0) }
      for record in records { try run.appendMetrics(record) }
      let text = count == 0 ? "" : try String(contentsOfFile: run.metricsPath, encoding: .utf8)
      #expect(text.isEmpty || text.hasSuffix("\n"))
      let lines = text.split(separator: "\n")
      #expect(
        try lines.map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) } == records)
      #expect(lines.allSatisfy { $0.hasPrefix("{\"epoch\":") })
    }
  }

  @Test func `results replace earlier ones and leave nothing beside them`() throws {
    try withTemporaryDirectory { parent in
      let run = try RunDirectory(creating: "\(parent)/a", configuration: RunConfiguration())
      for epoch in 0..<3 {
        try run.writeResults(Record(phase: "gate", epoch: epoch, loss: 0.5))
        let bytes = try Data(contentsOf: URL(filePath: run.resultsPath))
        #expect(try JSONDecoder().decode(Record.self, from: bytes).epoch == epoch)
      }
      #expect(try entries(run.path) == ["checkpoints", "config.yaml", "results.json", "run.lock"])
    }
  }

  @Test func `a figure that JSON cannot hold is an error of one line`() throws {
    try withTemporaryDirectory { parent in
      let run = try RunDirectory(creating: "\(parent)/a", configuration: RunConfiguration())
      do throws(ExperimentError) {
        try run.appendMetrics(Record(phase: "gate", epoch: 0, loss: .nan))
        Issue.record("NaN was written")
      } catch {
        #expect("\(error)".hasPrefix("\(run.metricsPath): cannot append a record: "))
        #expect(!"\(error)".contains { $0.isNewline })
        #expect(!error.isBadInput)
      }
      #expect(try entries(run.path) == ["checkpoints", "config.yaml", "run.lock"])
    }
  }
}
