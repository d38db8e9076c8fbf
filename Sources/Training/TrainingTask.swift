import Checkpoints
package import Layers
package import Models

/// What one phase, or one expert of a phase, trains.
package struct TrainingTask: Sendable {
  /// The phase.
  package let phase: TrainingPhase
  /// The expert, in the phase of experts.
  package let expert: Int?
  /// What the forward pass computes.
  package let mode: ModelMode
  /// Which parts have gradients.
  package let trainable: TrainableParts
  /// The dense parameters whose gradients are summed, one range.
  ///
  /// They are those that are trained and the backbone's statistics; tables are trained with the
  /// backbone.
  package let range: Range<Int>
  /// The domains whose rows are used.
  package let domains: Range<Int>
  /// How it chooses its parameters.
  private(set) var rules = SelectionRules.standard

  /// The phase or the expert, as messages name it.
  package var name: String { expert.map { "expert \($0)" } ?? phase.rawValue }

  /// What files of the task are called: “expert-2”, or the phase.
  package var fileName: String { CheckpointName.task(ofPhase: phase.rawValue, expert: expert) }

  /// All parameters that the task may change.
  package func changes(_ model: Model) -> Range<Int> {
    trainable.contains(.backbone) ? range.lowerBound..<model.ranges.tables.upperBound : range
  }

  /// What a phase trains: one task, or one for each expert.
  static func tasks(of phase: TrainingPhase, _ model: Model) -> [TrainingTask] {
    switch phase {
    case .backbone: [.backbone(model)]
    case .experts: model.ranges.adapters.indices.map { .expert($0, model) }
    case .gate: [.gate(model)]
    }
  }

  /// All tasks, in the order in which one is trained on what came before: experts side by side, stages of the
  /// published code one after another.
  static func inOrder(_ model: Model) -> [[TrainingTask]] {
    let phases = Trainer.phases(of: model.configuration.adaptation)
    guard model.configuration.adaptation == .compat else {
      return phases.map { tasks(of: $0, model) }
    }
    return phases.flatMap { phase in
      experts(of: phase, model).map { [published(phase, expert: $0, model)] }
    }
  }

  /// The experts that a stage of the published code is for, one after another; `nil` for all domains.
  static func experts(of phase: TrainingPhase, _ model: Model) -> [Int?] {
    phase == .experts ? model.ranges.adapters.indices.map { $0 } : [nil]
  }

  /// The first phase: the backbone, with `mlora` together with all domains' adapters.
  package static func backbone(_ model: Model) -> TrainingTask {
    let ranges = model.ranges
    let isJoint = model.configuration.adaptation == .mlora
    let start = isJoint ? ranges.adapters.first?.lowerBound : nil
    return TrainingTask(
      phase: .backbone, expert: nil, mode: isJoint ? .domainAdapters : .backbone,
      trainable: isJoint ? [.backbone, .adapters] : .backbone,
      range: (start ?? ranges.dense.lowerBound)..<ranges.statistics.upperBound,
      domains: 0..<model.schema.domainCount)
  }

  /// A stage of the published code: everything but the gate, on all domains or on one expert's.
  package static func published(
    _ phase: TrainingPhase, expert: Int? = nil, _ model: Model
  ) -> TrainingTask {
    let start = model.ranges.adapters.first?.lowerBound ?? model.ranges.dense.lowerBound
    let all = 0..<model.schema.domainCount
    return TrainingTask(
      phase: phase, expert: expert, mode: .gated, trainable: [.backbone, .adapters],
      range: start..<model.ranges.statistics.upperBound,
      domains: expert.map { $0 % all.count..<$0 % all.count + 1 } ?? all, rules: .published)
  }

  /// The domains whose figures decide which parameters are the best.
  func evaluatedDomains(_ model: Model) -> Range<Int> {
    rules.evaluatesAllDomains ? 0..<model.schema.domainCount : domains
  }

  /// One expert, on its domain `expert mod D`.
  package static func expert(_ expert: Int, _ model: Model) -> TrainingTask {
    let domain = expert % model.schema.domainCount
    return TrainingTask(
      phase: .experts, expert: expert, mode: .expert(expert), trainable: .adapters,
      range: model.ranges.adapters[expert], domains: domain..<domain + 1)
  }

  /// The gate, on all domains.
  package static func gate(_ model: Model) -> TrainingTask {
    TrainingTask(
      phase: .gate, expert: nil, mode: .gated, trainable: .gate, range: model.ranges.gate,
      domains: 0..<model.schema.domainCount)
  }
}
