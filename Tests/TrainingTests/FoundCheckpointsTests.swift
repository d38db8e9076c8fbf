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
  private func identity(of run: TinyRun) -> [String: String] {
    TrainingPhase.allCases.reduce(
      into: ["model.adaptation": run.model.adaptation.rawValue]
    ) { keys, phase in
      keys["training.\(phase.rawValue).maximumEpochs"] =
        "\(run.training[phase].maximumEpochs)"
    }
  }

  /// Trains with a checkpoint after each step, and is ended after some, if it takes so many; returns the checkpoints.
  private func interrupt(
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

  private func rules(_ run: TinyRun? = nil, _ data: TinyData? = nil) -> CheckpointRules {
    let run = run ?? self.run
    return CheckpointRules(
      run.model, run.training, seed: run.seed, dataset: (data ?? self.data).dataset)
  }

  private func found(_ rules: CheckpointRules? = nil) throws -> FoundCheckpoints {
    try FoundCheckpoints(in: folder, of: rules ?? self.rules(), on: .alone) { _, _ in true }
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

  @Test(arguments: [
    "epoch", "step", "nextSample", "blockRows", "count", "epochs", "evaluationsWithoutBest",
  ])
  func `one whose numbers do not come in this training is passed over for the one before`(
    key: String
  ) throws {
    let names = try interrupt()
    #expect(try found().checkpoints.map(\.name) == [names[0]])
    let manifest = try manifest(of: names[0])
    // Of all members of that name the one that is no evaluation's.
    let change = try #require(
      changes(
        of: manifest.filter { $0.key != "evaluations" }, key: "",
        to: ["blockRows", "count"].contains(key) ? 2 : 7
      ).first { $0.key == key })
    var other = try #require(change.value as? [String: Any])
    other["evaluations"] = manifest["evaluations"]
    #expect(other as NSDictionary != manifest as NSDictionary)
    try write(other, of: names[0])
    let found = try found()
    #expect(found.checkpoints.map(\.name) == [names[1]], "\(found.skipped)")
    #expect(found.skipped.map(\.name) == [names[0]])
    #expect(found.skipped.allSatisfy { $0.reason?.contains(" expected ") == true })
    #expect(try folder.names == names)
  }

  @Test func `epochs that the run has not, and evaluations that it does not make, are refused`()
    throws
  {
    let names = try interrupt()
    guard case .steps(let steps) = names[0].progress else { return #expect(Bool(false)) }
    var manifest = try manifest(of: names[0])
    let records = try #require(manifest["evaluations"] as? [[String: Any]])
    manifest["evaluations"] = records + [records[records.count - 1]]
    try write(manifest, of: names[0])
    #expect(try found().skipped.first?.reason?.contains("number of evaluations: expected ") == true)
    // As if there were 1000 epochs, steps and name with them; it is of the second one.
    let perEpoch = try steps - #require(manifest["step"] as? Int)
    let later = CheckpointName("backbone", .steps(steps + 998 * perEpoch))
    #expect(manifest["epoch"] as? Int == 2)
    manifest["epoch"] = 1000
    var state = try #require(manifest["state"] as? [String: Any])
    var outcome = try #require(state["outcome"] as? [String: Any])
    (outcome["epochs"], state["steps"]) = (1000, steps + 998 * perEpoch)
    state["outcome"] = outcome
    manifest["state"] = state
    try FileManager.default.moveItem(
      atPath: folder.path(of: names[0]), toPath: folder.path(of: later))
    let keys = identity(of: run)
    let key = "training.backbone.maximumEpochs"
    for (value, fault) in [
      ("3", "epoch: expected 1 to 3, found 1000"),
      ("x", "configuration.\(key): expected a number from 1, found x"),
      (nil, "configuration.\(key): expected a number from 1, found none"),
      // Then it is known by its evaluations.
      ("1000", nil),
    ] {
      var keys = keys
      keys[key] = value
      manifest["configuration"] = keys
      try write(manifest, of: later)
      let found = try found()
      #expect(found.checkpoints.map(\.name) == [names[1]])
      let reason = try #require(found.skipped[0].reason)
      #expect(
        fault.map(reason.hasSuffix) ?? reason.contains(": number of evaluations: expected "),
        "\(found.skipped)")
    }
  }

  @Test func `of a member that is there twice one value counts everywhere`() throws {
    let names = try interrupt()
    let text = try JSONSerialization.data(withJSONObject: manifest(of: names[0]))
    // The decoder takes the first.
    try write(Data(#"{"epoch":1,"#.utf8) + text.dropFirst(), of: names[0])
    #expect(try found().checkpoints.map(\.name) == [names[1]])
    try write(text.dropLast() + Data(#","epoch":1}"#.utf8), of: names[0])
    #expect(try found().checkpoints.map(\.name) == [names[0]])
  }

  @Test(arguments: [("nextSample", 1, "nextSample"), ("steps", 1000, "state.outcome.epochs")])
  func `the end of a task has no next row, and no more steps than its epochs`(
    change: (key: String, value: Int, told: String)
  ) throws {
    let manifest = try manifest(of: CheckpointName("backbone", .finished))
    let other = try #require(
      changes(of: manifest, key: "", to: change.value).first { $0.key == change.key })
    try write(other.value)
    let found = try found()
    #expect(found.checkpoints.isEmpty)
    #expect(found.skipped.first?.reason?.contains("\(change.told): expected ") == true)
  }

  @Test func `those of another model's tensors are passed over`() throws {
    let names = try interrupt()
    var wide = run
    wide.model.hidden = [8, 7]
    let found = try found(rules(wide))
    #expect(found.checkpoints.isEmpty)
    #expect(found.skipped.map(\.name) == names)
    #expect(found.skipped[0].reason?.contains(": expected shape [") == true, "\(found.skipped)")
  }

  @Test func `one of a task that the model has not is passed over`() throws {
    let names = try interrupt()
    guard case .steps(let steps) = names[0].progress else { return #expect(Bool(false)) }
    let gate = CheckpointName("gate", .steps(steps))
    try FileManager.default.moveItem(
      atPath: folder.path(of: names[0]), toPath: folder.path(of: gate))
    var manifest = try manifest(of: gate)
    manifest["phase"] = "gate"
    manifest["parts"] = ["count": 1]
    let records = try #require(manifest["evaluations"] as? [[String: Any]])
    manifest["evaluations"] = records.map { $0.merging(["phase": "gate"]) { $1 } }
    try write(manifest, of: gate)
    let found = try found()
    #expect(found.checkpoints.map(\.name) == [names[1]])
    #expect(found.skipped.map(\.name) == [gate])
    #expect(
      found.skipped[0].reason?.hasSuffix("task: expected one of this model, found gate") == true)
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
