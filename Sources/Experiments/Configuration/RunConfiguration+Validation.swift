internal import Files
internal import Models
internal import Training

extension RunConfiguration {
  /// Throws if a value is impossible, alone or beside another one.
  public func validate() throws(ExperimentError) {
    try validate { _ in nil }
  }

  /// Throws if a value is impossible, naming where it or the value it conflicts with was written.
  func validate(source: (String) -> ConfigurationSource?) throws(ExperimentError) {
    for key in ConfigurationKey.all where !key.isPossible(self) {
      throw .configuration(
        source(key.name) ?? .program, key: key.name,
        "expected \(key.expectation), found \(key.text(self).onOneLine)")
    }
    try validateNetwork(source: source)
    try validatePublished(source: source)
    if training.tables == .sharded && training.reduction == .fast {
      throw conflict(
        "training.tables", with: "training.reduction", training.reduction.rawValue,
        expected: TablePlacement.replicated.rawValue, found: training.tables.rawValue, source)
    }
    for phase in TrainingPhase.allCases {
      let batch = self[keyPath: phase.path].globalBatch
      guard batch < training.shards else { continue }
      let name = "training.\(phase.rawValue).globalBatch"
      let origin = ["training.shards", name, "training.globalBatch"].lazy.compactMap(source).first
      throw .configuration(
        origin ?? .program, key: "training.shards",
        "expected at most \(name), which is \(batch), found \(training.shards)")
    }
  }

  /// Throws if the network and another value of the model exclude each other.
  private func validateNetwork(
    source: (String) -> ConfigurationSource?
  ) throws(ExperimentError) {
    func conflict(_ key: String, expected: String, found: String) -> ExperimentError {
      self.conflict(
        key, with: "model.backbone", model.backbone.rawValue, expected: expected, found: found,
        source)
    }
    guard model.backbone.isMultiDomain else { return }
    guard model.adaptation == .none else {
      throw conflict(
        "model.adaptation", expected: Adaptation.none.rawValue, found: model.adaptation.rawValue)
    }
    guard model.hidden.count >= model.backbone.minimumLayers else {
      throw conflict("model.hidden", expected: "two layers or more", found: "\(model.hidden)")
    }
  }

  /// Throws if a value is one that the published code does not have.
  private func validatePublished(
    source: (String) -> ConfigurationSource?
  ) throws(ExperimentError) {
    guard model.adaptation == .compat else { return }
    let evaluations = ["training.backbone.evaluationsPerEpoch", "training.evaluationsPerEpoch"]
    let written = evaluations.first { source($0) != nil } ?? evaluations[0]
    for (key, expected, found) in [
      (written, "1", "\(training.backbone.evaluationsPerEpoch)"),
      ("model.gate.input", GateInput.domain.rawValue, model.gate.input.rawValue),
      (
        "model.gate.initialisation", GateInitialisation.random.rawValue,
        model.gate.initialisation.rawValue
      ),
      ("training.tables", TablePlacement.replicated.rawValue, training.tables.rawValue),
    ] where found != expected {
      throw conflict(
        key, with: "model.adaptation", model.adaptation.rawValue, expected: expected,
        found: found, source)
    }
  }

  /// What a value of one key excludes in another, told where either was written.
  private func conflict(
    _ key: String, with other: String, _ value: String, expected: String, found: String,
    _ source: (String) -> ConfigurationSource?
  ) -> ExperimentError {
    let origin = [key, other].lazy.compactMap(source).first
    return .configuration(
      origin ?? .program, key: key, "expected \(expected) with \(other) \(value), found \(found)")
  }
}
