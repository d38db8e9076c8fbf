public import Datasets

/// How a model is trained.
public struct TrainingConfiguration: Hashable, Codable, Sendable {
  /// The fixed number of shards, `S`, every global batch is cut into; the most ranks a phase can use.
  public var shards = 8
  /// How batches are drawn.
  public var batching = Batching.mixed
  /// How gradients are summed over shards and ranks.
  public var reduction = GradientReduction.invariant
  /// The factor of the squared embedding and wide weights, and of the squared cross kernels of DCN, in
  /// the loss.
  public var embeddingL2: Float = 1e-5
  /// Which ranks hold the tables while they are trained.
  public var tables = TablePlacement.replicated
  /// Which table rows a step updates.
  public var tableUpdates = TableUpdates.dense
  /// How long a rank may be in one collective before it takes the job for stalled; 0 for ever.
  ///
  /// No result depends on it, and ranks need not agree on it.
  public var stallTimeoutInSeconds = 300
  /// When checkpoints are written.
  public var checkpoint = CheckpointConfiguration()
  /// The backbone phase (and the only phase of `none` and `mlora`).
  public var backbone = PhaseConfiguration()
  /// The phase that trains experts one by one.
  public var experts = PhaseConfiguration()
  /// The phase that trains the gate.
  public var gate = PhaseConfiguration()

  /// The defaults.
  public init() {}
}

extension TrainingConfiguration {
  /// The same training of so many rows: batches of more take no more memory than these rows need.
  func limited(toRows rows: Int) -> TrainingConfiguration {
    var limited = self
    for phase in TrainingPhase.allCases {
      limited[phase].globalBatch = min(self[phase].globalBatch, max(shards, rows))
    }
    return limited
  }

  /// The same training without checkpoints.
  public var withoutCheckpoints: TrainingConfiguration {
    var other = self
    (other.checkpoint.everySteps, other.checkpoint.everySeconds) = (0, 0)
    return other
  }

  /// How a phase is trained.
  public subscript(phase: TrainingPhase) -> PhaseConfiguration {
    get {
      switch phase {
      case .backbone: backbone
      case .experts: experts
      case .gate: gate
      }
    }
    set {
      switch phase {
      case .backbone: backbone = newValue
      case .experts: experts = newValue
      case .gate: gate = newValue
      }
    }
  }
}
