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
    let name = "model.backbone \(model.backbone.rawValue)"
    func conflict(_ key: String, expected: String, found: String) -> ExperimentError {
      let origin = [key, "model.backbone"].lazy.compactMap(source).first
      return .configuration(
        origin ?? .program, key: key, "expected \(expected) with \(name), found \(found)")
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
}
