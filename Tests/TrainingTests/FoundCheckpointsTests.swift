import Checkpoints
import Files
import Foundation
import Kernels
import MPI
import TestSupport
import Testing
import Training

@Suite struct FoundCheckpointsTests {
  private let scratch: ScratchFolder
  private let folder: CheckpointFolder
  private let domains: Int

  /// Trains a small backbone, which leaves one checkpoint.
  init() throws {
    scratch = try ScratchFolder()
    folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    let data = try TinyData()
    domains = data.dataset.schema.domainCount
    var configuration = CheckpointConfiguration()
    configuration.everySteps = 1000
    let keeper = CheckpointKeeper(
      folder, configuration,
      .init(
        configuration: ["seed": "3"], dataset: .init(name: "d", fingerprint: "f", directory: "/d"),
        build: ["b"]),
      stallTimeoutInSeconds: 60)
    var trainer = try TinyRun(.mlp, .none).trainer(data)
    _ = try trainer.train(checkpoints: keeper) { _ in }
  }

  private func found() throws -> FoundCheckpoints {
    try FoundCheckpoints(in: folder, domains: domains, on: .alone)
  }

  /// Members that are counts or durations, of which none is so small or so large; others are figures, which may be
  /// anything that is read without harm.
  private static let bounded: Set<String> = [
    "schemaVersion", "epoch", "step", "nextSample", "count", "blockRows", "sizeInBytes", "steps",
    "stepsBefore",
    "evaluationsWithoutBest", "epochs", "samples", "trainingSeconds", "seconds", "rows",
    "positives", "domain",
  ]

  /// Writes a manifest whose SHA-256 fits.
  private func write(_ manifest: Any) throws {
    let path = folder.path(of: CheckpointName("backbone", .finished))
    let text = try JSONSerialization.data(withJSONObject: manifest)
    var digest = ByteDigest()
    digest.update(Array(text).span.rawBytes)
    try text.write(to: URL(filePath: "\(path)/manifest.json"))
    try Data("\(hexadecimal(digest.bytes))  manifest.json\n".utf8)
      .write(to: URL(filePath: "\(path)/manifest.sha256"))
  }

  /// All values of a JSON value that are one with a number exchanged, and the number's key.
  private func changes(
    of value: Any, key: String, to other: Any
  ) -> [(key: String, value: Any)] {
    if let members = value as? [String: Any] {
      return members.sorted { $0.key < $1.key }.flatMap { name, member in
        changes(of: member, key: name, to: other).map { change in
          (change.key, members.merging([name: change.value]) { $1 })
        }
      }
    }
    if let elements = value as? [Any] {
      return elements.indices.flatMap { index in
        changes(of: elements[index], key: key, to: other).map { change in
          var elements = elements
          elements[index] = change.value
          return (change.key, elements)
        }
      }
    }
    return value is NSNumber ? [(key, other)] : []
  }

  @Test(arguments: [
    // An expert, or a gate, is trained on what came before.
    (["backbone-000000003", "expert-0-finished", "gate-000000002"], ["backbone-000000003"]),
    (["expert-0-finished", "gate-finished"], []),
    (
      ["backbone-finished", "expert-0-000000001", "expert-1-finished", "gate-000000002"],
      ["backbone-finished", "expert-0-000000001", "expert-1-finished"]
    ),
    (
      ["backbone-finished", "expert-0-finished", "gate-finished"],
      ["backbone-finished", "expert-0-finished"]
    ),
    (
      ["backbone-finished", "expert-0-finished", "expert-1-finished", "gate-000000002"],
      ["backbone-finished", "expert-0-finished", "expert-1-finished", "gate-000000002"]
    ),
  ])
  func `what was trained on what has not ended is passed over and removed`(
    names: [String], kept: [String]
  ) throws {
    let identity = """
      {"configuration": {}, "build": [], "dataset": {"name": "d", "fingerprint": "f", "directory": "/d"}}
      """
    let checkpoints = names.map {
      #"{"name": "\#($0)", "formerSettings": [], "identity": \#(identity)}"#
    }
    let json = #"{"skipped": [], "checkpoints": [\#(checkpoints.joined(separator: ", "))]}"#
    var found = try JSONDecoder().decode(FoundCheckpoints.self, from: Data(json.utf8))
    let order = [["backbone"], ["expert-0", "expert-1"], ["gate"]]
    let place = CheckpointFolder(path: "\(folder.path)/others")
    let older = "gate-000000001"
    for name in names + [older] {
      try FileManager.default.createDirectory(
        atPath: "\(place.path)/\(name)", withIntermediateDirectories: true)
    }
    try found.passOverDependents(in: order, in: place, on: .alone)
    let isGateKept = kept.contains { $0.hasPrefix("gate") }
    #expect(try place.names.map(\.text).sorted() == (kept + (isGateKept ? [older] : [])).sorted())
    #expect(found.checkpoints.map(\.name.text) == kept)
    #expect(found.skipped.map { $0.name?.text } == names.filter { !kept.contains($0) })
  }

  @Test func `a manifest with a number that cannot be, and a SHA-256 that fits, is passed over`()
    throws
  {
    let path = "\(folder.path)/backbone-finished/manifest.json"
    #expect(try found().checkpoints.map(\.name.text) == ["backbone-finished"])
    let manifest = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
    try write(manifest)
    #expect(try found().checkpoints.map(\.name.text) == ["backbone-finished"])
    var count = 0
    for other: Any in [-1, Int.min, Int.max, 1 << 50, 1e300, 1e-300, "x", NSNull()] {
      for change in changes(of: manifest, key: "", to: other) {
        try write(change.value)
        count += 1
        if change.key == "schemaVersion", other is Int {
          #expect(throws: TrainingError.self) { try self.found() }
          continue
        }
        let found = try found()
        guard Self.bounded.contains(change.key) else { continue }
        #expect(found.checkpoints == [], "\(change.key): \(other)")
        #expect(found.skipped.count == 1 && found.skipped[0].reason?.contains("\n") == false)
      }
    }
    #expect(count > 200)
  }
}
