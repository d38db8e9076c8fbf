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
  ///   - trainings: How many are in memory at once.
  /// - Throws: ``TrainingError/modelTooLarge(keys:expected:found:)``.
  public static func checkSize(
    _ configuration: ModelConfiguration, _ training: TrainingConfiguration, schema: Schema,
    rows: Int, memory: (share: Int, addresses: Int, shared: Int), ranks: (onMachine: Int, all: Int),
    trainings: Int = 1
  ) throws(TrainingError) {
    let training = training.limited(toRows: rows)
    let model = Model(configuration, schema: schema, capacity: capacity(training))
    try checkParameterCount(of: model)
    // Stages of the published code share nothing, nor do ranks that have too little memory to share.
    let canShare =
      configuration.adaptation != .compat && 4 * model.ranges.tables.count <= memory.shared
    let sharing = canShare ? min(ranks.onMachine, ranks.all) : 1
    for size in sizes(
      of: model, training, rows: rows, ranks, sharing: sharing, trainings: trainings)
    {
      let needs = [
        (size.ofShare(onMachine: min(ranks.onMachine, ranks.all), sharing: sharing), memory.share),
        (size.ofAddresses, memory.addresses),
      ]
      for (need, limit) in needs where need.bytes > limit {
        throw refusal(of: need, limit, of: size, model, ranksOnMachine: ranks.onMachine)
      }
    }
  }

  /// What a rank takes in each phase, and where sharded tables come together.
  private static func sizes(
    of model: Model, _ training: TrainingConfiguration, rows: Int,
    _ ranks: (onMachine: Int, all: Int), sharing: Int, trainings: Int
  ) -> [RankSize] {
    let part = PhaseShape.Part(
      rows: rows, steps: 1, validationRows: 0, domains: 0, publishedFloats: 0)
    let adaptation = model.configuration.adaptation
    let tasks =
      adaptation == .compat
      ? [TrainingTask.published(.backbone, model)]
      : phases(of: adaptation).map { TrainingTask.tasks(of: $0, model)[0] }
    let shapes = tasks.map { PhaseShape($0, of: model, training, parts: [part]) }
    var sizes = shapes.map { RankSize($0, ranks, sharing: sharing, trainings: trainings) }
    if training.tables == .sharded, let backbone = shapes.first {
      sizes.append(RankSize(gatheringTablesOf: backbone, ranks))
    }
    return sizes
  }

  /// Why a training does not fit: the keys that would make it smaller, and the bytes of both.
  private static func refusal(
    of need: RankSize.Need, _ limit: Int, of size: RankSize, _ model: Model, ranksOnMachine: Int
  ) -> TrainingError {
    let place = ranksOnMachine == 1 ? "" : " on each of \(ranksOnMachine) ranks"
    let (available, needed) = texts(ofBytes: limit, need.bytes)
    var (keys, note) = (size.keys(of: model, largest: largestPart(of: model).keys), "")
    if need.bytes - need.ofCheckpoints <= limit {
      keys = ["training.checkpoint"]
      note =
        ", \(text(ofBytes: need.ofCheckpoints)) of it for checkpoints, of which there are none with everySteps and "
        + "everySeconds 0"
    } else if need.ofCheckpoints >= 1_000_000 {
      note = ", \(text(ofBytes: need.ofCheckpoints)) of it for checkpoints (training.checkpoint)"
    }
    return .modelTooLarge(
      keys: keys, expected: "a training that fits into \(available) of memory\(place)",
      found: "one of at least \(needed)\(note)")
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
  static func expertKeys(of model: Model) -> [String] {
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

  /// Two sizes that differ, in the largest unit that shows it.
  private static func texts(ofBytes first: Int, _ second: Int) -> (String, String) {
    let texts = [text(ofBytes:), { "\($0 / 1_000_000) MB" }].lazy
      .map { text in (text(first), text(second)) }
    return texts.first { $0.0 != $0.1 } ?? ("\(first) bytes", "\(second) bytes")
  }
}
