import Checkpoints
import Foundation
import MPI
import Models
import Datasets
import TestSupport
import Testing
import Training

@Suite struct FoundCheckpointsTests {
  private let scratch: ScratchFolder
  let folder: CheckpointFolder
  private let data: TinyData
  let run = TinyRun(.mlp, .none)

  /// Trains a small backbone, which leaves one checkpoint.
  init() throws {
    scratch = try ScratchFolder()
    folder = CheckpointFolder(path: "\(scratch.path)/checkpoints")
    data = try TinyData()
    try train(everySteps: 1000) { _ in }
  }

  /// Trains with checkpoints, going on from those that are given.
  private func train(
    _ run: TinyRun? = nil, everySteps: Int, from found: FoundCheckpoints? = nil,
    observer: @escaping TrainingObserver
  ) throws {
    var configuration = CheckpointConfiguration()
    configuration.everySteps = everySteps
    configuration.keep = 1000
    let keeper = CheckpointKeeper(
      folder, configuration,
      .init(
        configuration: identity(of: run ?? self.run),
        dataset: .init(name: "d", fingerprint: "f", directory: "/d"), build: ["b"]),
      goingOnFrom: found?.checkpoints.map(\.name) ?? [], stallTimeoutInSeconds: 60)
    defer { _ = try? keeper.finish() }
    var trainer = try (run ?? self.run).trainer(data)
    _ = try trainer.train(checkpoints: keeper, observer: observer)
  }

  /// What manifests have to say of the configuration.
  func identity(of run: TinyRun) -> [String: String] {
    TrainingPhase.allCases.reduce(
      into: ["model.adaptation": run.model.adaptation.rawValue]
    ) { keys, phase in
      keys["training.\(phase.rawValue).maximumEpochs"] =
        "\(run.training[phase].maximumEpochs)"
    }
  }

  /// Trains with a checkpoint after each step, and is ended after some, if it takes so many; returns the checkpoints.
  func interrupt(
    _ run: TinyRun? = nil, afterSteps limit: Int = 15, from found: FoundCheckpoints? = nil
  ) throws -> [CheckpointName] {
    if found == nil { try folder.removeAll() }
    var steps = 0
    do {
      try train(run, everySteps: 1, from: found) { event throws(TrainingError) in
        guard case .stepped = event else { return }
        steps += 1
        if steps == limit { throw .callerFailed("enough", isBadInput: false) }
      }
    } catch TrainingError.callerFailed {}
    return try folder.names
  }

  func rules(_ run: TinyRun? = nil, _ data: TinyData? = nil) -> CheckpointRules {
    let run = run ?? self.run
    return CheckpointRules(
      run.model, run.training, seed: run.seed, dataset: (data ?? self.data).dataset)
  }

  func found(_ rules: CheckpointRules? = nil) throws -> FoundCheckpoints {
    try FoundCheckpoints(in: folder, of: rules ?? self.rules(), on: .alone) { _, _ in true }
  }

  /// The members of a manifest but its SHA-256.
  func manifest(of name: CheckpointName) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: "\(folder.path(of: name))/manifest.json"))
    var members = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    members["sha256"] = nil
    return members
  }

  /// Writes a manifest whose SHA-256 fits.
  func write(_ manifest: Any, of name: CheckpointName = .init("backbone", .finished)) throws {
    try write(JSONSerialization.data(withJSONObject: manifest), of: name)
  }

  func write(_ text: Data, of name: CheckpointName) throws {
    let members = String(decoding: text.dropLast(), as: UTF8.self)
    try SealedManifest.write(SealedManifest.text(members), to: folder.path(of: name))
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

  /// Whenever a training is ended, and goes on with other limits, and is ended again.
  @Test(arguments: Adaptation.allCases, [Batching.mixed, .perDomain])
  func `every checkpoint that is written is one to go on from`(
    adaptation: Adaptation, batching: Batching
  ) throws {
    var run = TinyRun(.wdl, adaptation)
    run.training.batching = batching
    for phase in TrainingPhase.allCases { run.training[phase].evaluationsPerEpoch = 2 }
    let rules = rules(run)
    var tasks: Set<String> = []
    func checkAll(_ point: String) throws {
      for name in try folder.names {
        tasks.insert(name.task)
        #expect(throws: Never.self, "\(name.text) \(point)") {
          try FoundCheckpoints.manifest(of: name, in: folder) { _, _ in .rules(rules) }
        }
      }
    }
    for steps in [1, 12, 25, 36, 47, 59, 70]
    where steps < 30 || adaptation == .moe || adaptation == .compat {
      _ = try interrupt(run, afterSteps: steps)
      try checkAll("after \(steps)")
      var shorter = run
      for phase in TrainingPhase.allCases {
        (shorter.training[phase].maximumEpochs, shorter.training[phase].patience) = (2, 1)
      }
      let found = try found(rules)
      #expect(found.skipped.isEmpty)
      try train(shorter, everySteps: 1, from: found) { _ in }
      try checkAll("after \(steps) and another end")
    }
    let isLong = adaptation == .moe || adaptation == .compat
    #expect(tasks.count == (isLong ? 5 : 1), "\(tasks)")
  }

  @Test func `nothing is changed where not all may be removed`() throws {
    let run = TinyRun(.mlp, .moe)
    let rules = rules(run)
    var steps = 60
    while try !interrupt(run, afterSteps: steps).contains(CheckpointName("gate", .steps(3))) {
      steps += 10
    }
    // The gate's are of an expert that has not ended any more; one of them has somebody's notes.
    let manifest = "\(folder.path(of: CheckpointName("expert-1", .finished)))/manifest.json"
    try Data("{}".utf8).write(to: URL(filePath: manifest))
    let notes = "\(folder.path(of: CheckpointName("gate", .steps(1))))/notes.txt"
    let leftover = "\(folder.path)/gate-000000001.partial"
    try FileManager.default.createDirectory(atPath: leftover, withIntermediateDirectories: false)
    let names = try folder.directories
    #expect(names.contains("gate-000000001") && names.contains("gate-000000002"))
    try Data().write(to: URL(filePath: notes))
    #expect(throws: TrainingError.self) { try self.found(rules) }
    #expect(try folder.directories == names)
    try FileManager.default.removeItem(atPath: notes)
    let found = try found(rules)
    #expect(try folder.directories == names)
    try found.removeUnneeded(in: folder, of: rules, on: .alone)
    #expect(try folder.names.allSatisfy { $0.task != "gate" })
    #expect(try folder.leftovers.isEmpty)
  }

  @Test func `a run that is another one ends the search, and nothing is changed`() throws {
    let names = try interrupt()
    let leftover = "\(folder.path)/gate-000000001.partial"
    try FileManager.default.createDirectory(atPath: leftover, withIntermediateDirectories: false)
    #expect(throws: TrainingError.self) {
      try FoundCheckpoints(
        in: self.folder, of: self.rules(), on: .alone
      ) { _, _ throws(TrainingError) in
        throw .callerFailed("another run", isBadInput: true)
      }
    }
    #expect(try folder.names == names)
    let found = try found()
    #expect(try folder.leftovers == [leftover])
    try found.removeUnneeded(in: folder, of: rules(), on: .alone)
    #expect(try folder.leftovers.isEmpty && folder.names == names)
  }

  @Test func `what another build wrote is not passed over by the rules of this one`() throws {
    let names = try interrupt()
    var wide = run
    wide.model.hidden = [8, 7]
    #expect(throws: TrainingError.self) {
      try FoundCheckpoints(in: self.folder, of: self.rules(wide), on: .alone) { _, _ in false }
    }
    let found = try FoundCheckpoints(in: folder, of: rules(), on: .alone) { _, _ in false }
    #expect(found.checkpoints.map(\.name) == [names[0]])
    // It may say what this one does not understand, and is known to be another one's all the same.
    var manifest = try manifest(of: names[0])
    manifest["state"] = ["figure": 1]
    try write(manifest, of: names[0])
    #expect(throws: TrainingError.self) {
      try FoundCheckpoints(in: self.folder, of: self.rules(), on: .alone) { _, _ in false }
    }
    #expect(throws: Never.self) {
      try FoundCheckpoints.manifest(of: names[0], in: folder) { _, _ in .bytes }
    }
    // But a name that the power has given back to another one's bytes is known by what it says.
    for (key, other) in [("state", ["steps": 1]), ("phase", "gate"), ("isFinished", true)]
      as [(String, Any)]
    {
      try write(manifest.merging([key: other]) { $1 }, of: names[0])
      let error = #expect(throws: CheckpointError.self) {
        try FoundCheckpoints.manifest(of: names[0], in: self.folder) { _, _ in .bytes }
      }
      #expect(
        "\(error.map { "\($0)" } ?? "")".contains(": task: expected \(names[0].text), found "))
    }
    try write(manifest, of: names[0])
    #expect(throws: CheckpointError.self) {
      try FoundCheckpoints.manifest(of: names[0], in: self.folder) { _, _ in .manifest }
    }
  }
}
