import Kernels
import Models
import Reference
import Training

/// What a finished run left.
struct Finished {
  let model: Model
  let parameters: [UInt32]
  let results: [PhaseResult]
  let records: [EvaluationRecord]

  /// Trains to the end.
  init(_ run: TinyRun, _ data: TinyData) throws(TrainingError) {
    var trainer = try run.trainer(data)
    var records: [EvaluationRecord] = []
    results = try trainer.train { event in
      if case .evaluated(let record) = event { records.append(record) }
    }
    self.records = records
    model = trainer.model
    parameters = trainer.parameters.bits(model.ranges.all)
  }
}
