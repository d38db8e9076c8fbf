import Kernels

extension Trainer {
  /// Trains as the published code of MoE-MLoRA does (`compat`): three stages in a row, all domains,
  /// each expert's domain, all domains, in each of which everything but the gate is trained.
  ///
  /// Results are of the best parameters at the end of a stage; training goes on from the last ones,
  /// as there.
  ///
  /// - Source: the published code of arXiv 2506.07563, run under TensorFlow 1.12.
  mutating func trainPublished(
    observer: @escaping TrainingObserver
  ) throws(TrainingError) -> [PhaseResult] {
    let context = context.withOnePhaseConfiguration
    var trainer = try TaskTrainer(
      .published(.backbone, model), context, group: world, observer: observer)
    var results: [PhaseResult] = []
    for phase in TrainingPhase.allCases {
      let start = ContinuousClock.now
      var total = TaskOutcome()
      for expert in TrainingTask.experts(of: phase, model) {
        let stage = TrainingTask.published(phase, expert: expert, model)
        trainer.goOn(with: stage, checkpoints(of: stage, context, group: world))
        total += try trainer.train(&parameters)
      }
      trainer.exchangeBest(with: &parameters)
      let result = try finish(phase, total, start: start)
      if phase != .gate { trainer.exchangeBest(with: &parameters) }
      try observer(.finished(result))
      results.append(result)
    }
    return results
  }
}
