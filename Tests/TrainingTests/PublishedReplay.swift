import Datasets
import Evaluation
import Kernels
import MPI
import Models
import Reference
import Training

/// Epochs of `compat` one after another, taken step by step with one optimiser.
struct PublishedReplay: ~Copyable {
  private let run: TinyRun
  private let data: TinyData
  private let model: Model
  private var engine: StepEngine
  private var parameters: Buffer
  private var best: Buffer
  private var bestFigure = -1.0

  /// Starts from the initial parameters.
  init(_ run: TinyRun, _ data: TinyData) throws {
    let model = try run.trainer(data).model
    let engine = try StepEngine(
      .published(.backbone, model), model: model, configuration: run.training, group: .alone,
      rank: 0)
    self.run = run
    self.data = data
    self.model = model
    self.engine = engine
    parameters = model.initialParameters(seed: run.seed)
    best = model.initialParameters(seed: run.seed)
  }

  /// The bits of the parameters.
  var bits: [UInt32] { parameters.bits(model.ranges.all) }

  /// Trains one epoch of a stage; returns its steps.
  mutating func train(_ phase: TrainingPhase, _ expert: Int?, epoch: Int) throws -> Int {
    let rows = data.dataset.rows(of: .train)
    let plan = EpochPlan(
      of: rows, domains: expert.map { $0..<$0 + 1 } ?? 0..<3,
      stream: RandomStream(seed: run.seed, purpose: .shuffle)
        .derived(TrainingPhase.allCases.firstIndex(of: phase) ?? 0).derived(expert ?? 0)
        .derived(epoch),
      globalBatch: run.training.backbone.globalBatch, shards: run.training.shards,
      batching: run.training.batching)
    for step in 0..<plan.stepCount {
      try engine.step(step, of: plan, rows: rows, parameters: &parameters, dropout: nil)
    }
    return plan.stepCount
  }

  /// Evaluates all domains on their validation rows.
  func validation(_ figures: AUCKind) throws -> EvaluationTable {
    var scorer = Scorer(model, group: .alone, figures: figures)
    return try scorer.evaluate(
      data.dataset.rows(of: .validation), domains: 0..<3, parameters: parameters
    ) { _ in .gated }
  }

  /// Keeps the parameters if they have the best figure; returns whether they do.
  mutating func evaluate() throws -> Bool {
    let figure = try validation(.thresholds).meanAUC ?? .nan
    guard figure > bestFigure else { return false }
    bestFigure = figure
    best.copy(model.ranges.all, from: parameters)
    return true
  }

  /// Goes back to the best parameters, with the optimiser as it is.
  mutating func returnToBest() { parameters.copy(model.ranges.all, from: best) }
}
