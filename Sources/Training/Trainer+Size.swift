public import Features
public import Models

extension Trainer {
  /// The most parameters of a model: beyond, single tensors could have more floats than a message.
  static let maximumParameterCount = Int(Int32.max)

  /// Throws if a model has too many parameters, or its training would not fit into the memory.
  ///
  /// Nothing is allocated. The memory is that of a rank in the phase that needs most, as ``PhaseShape``
  /// counts it, or while sharded tables come together. Ranks of a machine share frozen and replicated
  /// tables; each of them has addresses for all.
  ///
  /// A command calls it before MPI starts, because it alone knows the machine and the launcher. That a
  /// model has not too many parameters is checked whoever makes a trainer.
  ///
  /// - Parameters:
  ///   - configuration: The model.
  ///   - training: How it is trained.
  ///   - schema: The fields and domains of its data.
  ///   - rows: The training rows.
  ///   - memory: The bytes of a machine's memory that each of its ranks has, those that a rank may have
  ///     addresses for, and those that ranks can share.
  ///   - ranks: The number of ranks on the machine, and that of all ranks.
  ///   - copies: How many trainings are in memory at once.
  /// - Throws: ``TrainingError/modelTooLarge(keys:expected:found:)``.
  public static func checkSize(
    _ configuration: ModelConfiguration, _ training: TrainingConfiguration, schema: Schema,
    rows: Int, memory: (share: Int, addresses: Int, shared: Int), ranks: (onMachine: Int, all: Int),
    copies: Int = 1
  ) throws(TrainingError) {
    let training = training.limited(toRows: rows)
    let model = Model(configuration, schema: schema, capacity: capacity(training))
    try checkParameterCount(of: model)
    let part = PhaseShape.Part(
      rows: rows, steps: 1, validationRows: 0, domains: 0, publishedFloats: 0)
    let phases =
      configuration.adaptation == .compat
      ? [TrainingTask.published(.backbone, model)]
      : phases(of: configuration.adaptation).map { TrainingTask.tasks(of: $0, model)[0] }
    let shapes = phases.map { PhaseShape($0, of: model, training, parts: [part]) }
    // Stages of the published code share nothing, nor do ranks that have too little memory to share.
    let canShare =
      configuration.adaptation != .compat && 4 * model.ranges.tables.count <= memory.shared
    let sharing = canShare ? min(ranks.onMachine, ranks.all) : 1
    var sizes = shapes.map { Size($0, ranks, sharing: sharing, copies: copies) }
    if training.tables == .sharded, let backbone = shapes.first {
      sizes.append(gathering(backbone, ranks: ranks.all))
    }
    for size in sizes {
      let onMachine = min(ranks.onMachine, ranks.all)
      let needs = (
        size.own + size.shared / sharing + size.copiesOnMachine / onMachine,
        size.own + size.shared + size.copies
      )
      guard needs.0 > memory.share || needs.1 > memory.addresses else { continue }
      let rows =
        ["training.globalBatch", "training.shards"] + expertKeys(of: model) + ["model.hidden"]
      let place = ranks.onMachine == 1 ? "" : " on each of \(ranks.onMachine) ranks"
      let (bytes, limit, copied) =
        needs.0 > memory.share
        ? (needs.0, memory.share, size.copiesOnMachine / onMachine)
        : (needs.1, memory.addresses, size.copies)
      let note =
        copied < 1_000_000
        ? "" : ", \(text(ofBytes: copied)) of it for checkpoints (training.checkpoint)"
      throw .modelTooLarge(
        keys: 2 * (size.parameters + size.shared) < size.own + size.shared
          ? rows : largestPart(of: model).keys,
        expected: "a training that fits into \(text(ofBytes: limit)) of memory\(place)",
        found: "one of at least \(text(ofBytes: bytes))\(note)")
    }
  }

  /// What a phase takes on a rank, in bytes.
  private struct Size {
    /// What a rank has for itself, but for copies for checkpoints.
    var own: Int
    /// What it shares with the ranks of its node.
    var shared: Int
    /// What of its own are parameters, the best ones, moments and gradients of tables.
    var parameters: Int
    /// The copies for checkpoints of the rank that writes most.
    var copies = 0
    /// Those of all ranks of a machine.
    var copiesOnMachine = 0

    init(own: Int, shared: Int) {
      self.own = own
      self.shared = shared
      parameters = own
    }

    /// Counts a phase, several times over.
    init(
      _ shape: PhaseShape, _ ranks: (onMachine: Int, all: Int), sharing: Int, copies times: Int
    ) {
      copies = times * shape.checkpointBytes(ranks: ranks.all, onNode: sharing)
      copiesOnMachine =
        times * shape.checkpointBytes(ofMachineWith: ranks.onMachine, ofRanks: ranks.all)
      own = times * shape.memoryInBytes(ranks: ranks.all, onNode: sharing) - copies
      parameters = times * shape.parameterBytes(ranks: ranks.all, onNode: sharing) - copies
      shared = times * shape.sharedBytes
    }
  }

  /// What it takes to bring sharded tables together: the rank's part, and one copy for the machine; beside it what is
  /// still being written of the backbone's end.
  private static func gathering(_ backbone: PhaseShape, ranks: Int) -> Size {
    let (dense, tables) = (4 * backbone.memory.dense, 4 * backbone.memory.tables)
    let part = (tables + ranks - 1) / ranks
    let written = backbone.memory.writesCheckpoints ? 4 * backbone.memory.changes + part : 0
    return Size(own: 2 * dense + part + written, shared: tables)
  }

  /// Throws if a model has more parameters than a message can have floats.
  static func checkParameterCount(of model: Model) throws(TrainingError) {
    let count = model.layout.count
    guard count > maximumParameterCount else { return }
    let part = largestPart(of: model)
    throw .modelTooLarge(
      keys: part.keys, expected: "a model of at most \(maximumParameterCount) parameters",
      found: "\(count), most of them in the \(part.name)")
  }

  /// The part with the most parameters, and the keys that decide its size.
  private static func largestPart(of model: Model) -> (name: String, keys: [String]) {
    let ranges = model.ranges
    let experts = model.ranges.gate.count > 0 ? ["model.experts"] : []
    let parts = [
      (ranges.gate.count, "gate", ["model.experts", "model.embeddingWidth"]),
      (
        ranges.adapters.reduce(0) { $0 + $1.count }, "adapters",
        experts + ["model.hidden", "model.adapterReduction"]
      ),
      (
        ranges.dense.count, model.configuration.backbone.isMultiDomain ? "network" : "tower",
        expertKeys(of: model) + ["model.hidden", "model.embeddingWidth"]
      ),
      (ranges.tables.count, "tables", ["model.embeddingWidth"]),
    ]
    let largest = parts.max { $0.0 < $1.0 }
    return (largest?.1 ?? "", largest?.2 ?? [])
  }

  /// The keys that decide how many experts a network's backbone has; none for one without.
  private static func expertKeys(of model: Model) -> [String] {
    switch model.configuration.backbone {
    case .mmoe: ["model.experts"]
    case .ple: ["model.experts", "model.domainExperts"]
    case .mlp, .wdl, .deepfm, .nfm, .pnn, .dcn, .autoint, .xdeepfm, .fibinet, .sharedBottom, .star:
      []
    }
  }

  private static func text(ofBytes bytes: Int) -> String {
    bytes < 1_000_000_000
      ? "\(bytes / 1_000_000) MB" : "\((Double(bytes) / 1e8).rounded() / 10) GB"
  }
}
