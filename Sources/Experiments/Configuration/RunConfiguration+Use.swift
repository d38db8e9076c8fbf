extension RunConfiguration {
  /// Throws if one of the values that were given by hand is one that `compat` does not use, and neither
  /// the one that it does use nor the default.
  func validateUse(of assignments: [ConfigurationAssignment]) throws(ExperimentError) {
    guard model.adaptation == .compat else { return }
    var used = self
    used.model.dropout = 0
    used.training.experts = training.backbone
    used.training.gate = training.backbone
    let defaults = RunConfiguration()
    for key in ConfigurationKey.unusedByCompat {
      let (found, expected) = (key.text(self), key.text(used))
      guard found != expected, found != key.text(defaults),
        let assignment = assignments.first(where: { $0.key.name == key.name })
      else { continue }
      throw .configuration(
        assignment.source, key: key.name,
        "expected \(expected), which is what model.adaptation compat uses, found \(found)")
    }
  }
}

extension ConfigurationKey {
  /// The keys of values that the published code has no counterpart for: its stages are all trained by
  /// those of the backbone, and without dropout.
  static let unusedByCompat = all.filter { key in
    key.name == "model.dropout" || key.sections == ["training", "experts"]
      || key.sections == ["training", "gate"]
  }
}
