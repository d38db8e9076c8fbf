import Checkpoints
import Foundation
import Testing
import Training

// Manifests whose SHA-256 fits, and that no training has written.

extension FoundCheckpointsTests {
  /// Members that are counts or durations, of which none is so small or so large; others are figures, which may be
  /// anything that is read without harm.
  private static let bounded: Set<String> = [
    "schemaVersion", "epoch", "step", "nextSample", "count", "blockRows", "sizeInBytes", "steps",
    "stepsBefore",
    "evaluationsWithoutBest", "epochs", "samples", "trainingSeconds", "seconds", "rows",
    "positives", "domain",
  ]

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
}
