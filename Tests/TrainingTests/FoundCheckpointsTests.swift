import Checkpoints
import Foundation
import MPI
import TestSupport
import Testing
import Training

@Suite struct FoundCheckpointsTests {
  private let scratch: ScratchFolder
  private let folder: CheckpointFolder
  private let data: TinyData
  private let run = TinyRun(.mlp, .none)

  /// Trains a small backbone, which leaves one checkpoint.
  init() throws {
    scratch = try ScratchFolder()
    folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    data = try TinyData()
    try train(everySteps: 1000) { _ in }
  }

  private func train(everySteps: Int, observer: @escaping TrainingObserver) throws {
    var configuration = CheckpointConfiguration()
    configuration.everySteps = everySteps
    configuration.keep = 1000
    let keeper = CheckpointKeeper(
      folder, configuration,
      .init(
        configuration: ["seed": "3"], dataset: .init(name: "d", fingerprint: "f", directory: "/d"),
        build: ["b"]),
      stallTimeoutInSeconds: 60)
    defer { _ = try? keeper.finish() }
    var trainer = try run.trainer(data)
    _ = try trainer.train(checkpoints: keeper, observer: observer)
  }

  /// Trains again, with a checkpoint after each step, and is ended in the second epoch; returns the checkpoints.
  private func interrupt() throws -> [CheckpointName] {
    try folder.removeAll()
    var epoch = 0
    #expect(throws: TrainingError.self) {
      try self.train(everySteps: 1) { event throws(TrainingError) in
        guard case .stepped(let progress) = event else { return }
        epoch = progress.epoch
        if progress.epoch == 1, progress.step == 3 {
          throw .observerFailed("enough", isBadInput: false)
        }
      }
    }
    #expect(epoch == 1)
    return try folder.names
  }

  private func rules(_ run: TinyRun? = nil, _ data: TinyData? = nil) -> CheckpointRules {
    let run = run ?? self.run
    return CheckpointRules(
      run.model, run.training, seed: run.seed, dataset: (data ?? self.data).dataset)
  }

  private func found(_ rules: CheckpointRules? = nil) throws -> FoundCheckpoints {
    try FoundCheckpoints(in: folder, of: rules ?? self.rules(), on: .alone) { _, _ in }
  }

  /// Members that are counts or durations, of which none is so small or so large; others are figures, which may be
  /// anything that is read without harm.
  private static let bounded: Set<String> = [
    "schemaVersion", "epoch", "step", "nextSample", "count", "blockRows", "sizeInBytes", "steps",
    "stepsBefore",
    "evaluationsWithoutBest", "epochs", "samples", "trainingSeconds", "seconds", "rows",
    "positives", "domain",
  ]

  /// The members of a manifest but its SHA-256.
  private func manifest(of name: CheckpointName) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: "\(folder.path(of: name))/manifest.json"))
    var members = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    members["sha256"] = nil
    return members
  }

  /// Writes a manifest whose SHA-256 fits.
  private func write(_ manifest: Any, of name: CheckpointName = .init("backbone", .finished)) throws
  {
    try write(JSONSerialization.data(withJSONObject: manifest), of: name)
  }

  private func write(_ text: Data, of name: CheckpointName) throws {
    let members = String(decoding: text.dropLast(), as: UTF8.self)
    try SealedManifest.write(SealedManifest.text(members), to: folder.path(of: name))
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
    let rules = rules(TinyRun(.mlp, .moe), try TinyData([100, 100]))
    let place = CheckpointFolder(path: "\(folder.path)/others")
    let older = "gate-000000001"
    for name in names + [older] {
      try FileManager.default.createDirectory(
        atPath: "\(place.path)/\(name)", withIntermediateDirectories: true)
    }
    found.passOverDependents(rules, in: place)
    try found.removeUnneeded(in: place, of: rules, on: .alone)
    let isGateKept = kept.contains { $0.hasPrefix("gate") }
    #expect(try place.names.map(\.text).sorted() == (kept + (isGateKept ? [older] : [])).sorted())
    #expect(found.checkpoints.map(\.name.text) == kept)
    #expect(found.skipped.map { $0.name?.text } == names.filter { !kept.contains($0) })
  }

  @Test func `a manifest with a number that cannot be, and a SHA-256 that fits, is passed over`()
    throws
  {
    #expect(try found().checkpoints.map(\.name.text) == ["backbone-finished"])
    let manifest = try manifest(of: CheckpointName("backbone", .finished))
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

  @Test(arguments: ["epoch", "step", "nextSample", "blockRows", "epoch twice", "count"])
  func `one whose numbers do not come in this training is passed over for the one before`(
    key: String
  ) throws {
    let names = try interrupt()
    #expect(try found().checkpoints.map(\.name) == [names[0]])
    let whole = try manifest(of: names[0])
    var other = whole
    switch key {
    case "blockRows", "count":
      var parts = try #require(whole["parts"] as? [String: Int])
      parts[key] = 2
      other["parts"] = parts
      try write(other, of: names[0])
    case "epoch twice":
      let text = try JSONSerialization.data(withJSONObject: whole)
      try write(Data(#"{"epoch":1,"#.utf8) + text.dropFirst(), of: names[0])
    default:
      other[key] = (try #require(whole[key] as? Int)) - 1
      try write(other, of: names[0])
    }
    let found = try found()
    // One part has all rows, whatever their blocks; which of two equal keys counts is the reader's to say, once.
    let isHarmless = key == "blockRows" || (key == "epoch twice" && found.skipped.isEmpty)
    #expect(found.checkpoints.map(\.name) == [isHarmless ? names[0] : names[1]], "\(found.skipped)")
    #expect(found.skipped.map(\.name) == (isHarmless ? [] : [names[0]]))
    #expect(found.skipped.allSatisfy { $0.reason?.contains(" expected ") == true })
    #expect(try folder.names == names)
  }

  @Test func `those of another model's tensors, or of no task of it, are passed over`() throws {
    let names = try interrupt()
    var wide = run
    wide.model.hidden = [8, 7]
    let found = try found(rules(wide))
    #expect(found.checkpoints.isEmpty)
    #expect(found.skipped.map(\.name) == names)
    #expect(found.skipped[0].reason?.contains(": expected shape [") == true, "\(found.skipped)")
    let gate = folder.path(of: CheckpointName("gate", .finished))
    try FileManager.default.moveItem(atPath: folder.path(of: names[0]), toPath: gate)
    var manifest = try manifest(of: CheckpointName("gate", .finished))
    manifest["phase"] = "gate"
    manifest["isFinished"] = true
    try write(manifest, of: CheckpointName("gate", .finished))
    let rest = try self.found()
    #expect(rest.checkpoints.map(\.name) == [names[1]])
    #expect(rest.skipped.count == 1)
  }

  @Test func `a run that is another one ends the search, and nothing is changed`() throws {
    let names = try interrupt()
    let leftover = "\(folder.path)/gate-000000001.partial"
    try FileManager.default.createDirectory(atPath: leftover, withIntermediateDirectories: false)
    struct Other: Error {}
    #expect(throws: Other.self) {
      try FoundCheckpoints(in: folder, of: rules(), on: .alone) { _, _ in throw Other() }
    }
    #expect(try folder.names == names)
    let found = try found()
    #expect(try folder.leftovers == [leftover])
    try found.removeUnneeded(in: folder, of: rules(), on: .alone)
    #expect(try folder.leftovers.isEmpty && folder.names == names)
  }
}
