internal import Training

extension TrainingPhase {
  /// Where the phase's values are.
  var path: any WritableKeyPath<RunConfiguration, PhaseConfiguration> & Sendable {
    switch self {
    case .backbone: \.training.backbone
    case .experts: \.training.experts
    case .gate: \.training.gate
    }
  }
}

extension ConfigurationKey {
  /// The keys that set a value for every phase.
  static let everyPhase = phaseValues.map(\.keyOfEveryPhase)

  /// The keys of the values of one phase.
  static func keys(of phase: TrainingPhase) -> [ConfigurationKey] {
    phaseValues.map { $0.key(phase) }
  }

  private static let phaseValues = [
    PhaseValue(
      "globalBatch", \.globalBatch, .wholeNumber(1...16_777_216), unit: "rows",
      "The rows of one optimiser step, over all ranks. No fewer than `training.shards`."),
    PhaseValue(
      "learningRate", \.learningRate, .positiveNumber, "Adam's learning rate."),
    PhaseValue(
      "maximumEpochs", \.maximumEpochs, .wholeNumber(0...1_000_000), unit: "epochs",
      "The most epochs trained; 0 leaves the parameters as they are."),
    PhaseValue(
      "evaluationsPerEpoch", \.evaluationsPerEpoch, .wholeNumber(1...10_000), unit: "evaluations",
      "How often an epoch evaluates the validation rows."),
    PhaseValue(
      "patience", \.patience, .wholeNumber(1...1_000_000), unit: "evaluations",
      "Evaluations without a new best after which training ends."),
  ]
}

/// A value that every phase has: its keys.
private struct PhaseValue: Sendable {
  /// The key that sets the value of all phases; it shows the first one's.
  let keyOfEveryPhase: ConfigurationKey
  /// The key of one phase's value.
  let key: @Sendable (TrainingPhase) -> ConfigurationKey

  init<Value>(
    _ name: String, _ path: any WritableKeyPath<PhaseConfiguration, Value> & Sendable,
    _ format: ConfigurationFormat<Value>, unit: String? = nil, _ help: String
  ) {
    keyOfEveryPhase = ConfigurationKey(
      "training.\(name)", format, unit: unit, help, isStored: false,
      get: { $0.training.backbone[keyPath: path] },
      set: { configuration, value in
        for phase in TrainingPhase.allCases {
          configuration[keyPath: phase.path][keyPath: path] = value
        }
      })
    key = { phase in
      ConfigurationKey(
        "training.\(phase.rawValue).\(name)", format, unit: unit,
        "`training.\(name)` of the \(phase.rawValue) phase.", fallback: "training.\(name)",
        get: { $0[keyPath: phase.path][keyPath: path] },
        set: { $0[keyPath: phase.path][keyPath: path] = $1 })
    }
  }
}
